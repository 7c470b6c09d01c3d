"""What keeps a simulated day from running, each with a stable code and what to do about it."""

from benchmarks.errors import BenchmarkError


class SimulationError(BenchmarkError):
    """Base of every error raised by `benchmarks.simulation`; `code` is stable and machine-readable."""

    code = "simulation_error"


class TooFewCars(SimulationError):
    """A day has more roles than there are cars to play them."""

    code = "too_few_cars"


class ServiceDied(SimulationError):
    """A service ended that should have kept running; the message holds the end of its log."""

    code = "service_died"


class ServiceSilent(SimulationError):
    """A service does not answer, or not as its interface promises."""

    code = "service_silent"


class LotRefused(ServiceSilent):
    """The lot said no to what somebody at its gates asked; `reason` is the code it gave."""

    code = "lot_refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
