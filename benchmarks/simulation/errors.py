"""What keeps a simulated day from running, each with a stable code and what to do about it."""


class SimulationError(Exception):
    """Base of every error raised by `benchmarks.simulation`; `code` is stable and machine-readable."""

    code = "simulation_error"


class TooFewCars(SimulationError):
    """A day has more roles than there are cars to play them."""

    code = "too_few_cars"


class NoTruth(SimulationError):
    """A folder of photos has no truth.json, or one that does not fit its photos."""

    code = "no_truth"


class ServiceDied(SimulationError):
    """A service ended that should have kept running; the message holds the end of its log."""

    code = "service_died"


class ServiceSilent(SimulationError):
    """A service does not answer, or not as its interface promises."""

    code = "service_silent"


class OutFolderTaken(SimulationError):
    """The folder for the day's files holds something already."""

    code = "out_folder_taken"
