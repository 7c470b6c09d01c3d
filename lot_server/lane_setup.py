"""What one lane is made of and how long it waits."""

from dataclasses import dataclass
from datetime import timedelta

from lot_server.domain.clock import Clock
from lot_server.domain.lane import Timer
from lot_server.ports import Barrier, Camera, Display, LoopInputs, PlateReader, TicketPrinter


@dataclass(frozen=True, slots=True)
class LaneHardware:
    """The parts of one lane. `reader` is None where the lane shares one with others."""

    camera: Camera
    loops: LoopInputs
    barrier: Barrier
    display: Display
    printer: TicketPrinter | None = None
    reader: PlateReader | None = None


@dataclass(frozen=True, slots=True)
class LaneTiming:
    """How long a lane waits before it goes on by itself.

    `read` and `barrier` bound work of cameras, networks and motors, which no simulated clock makes faster: they are
    real time. The others are time of the lot's clock: `passage` for a vehicle to drive through an open barrier,
    `payment` and `refused` until the price or the free spaces are looked at again, `operator` until the plate is read
    again for a vehicle that waits for one, `stuck` until an occupied loop without a vehicle in sight is not believed.
    """

    read: timedelta = timedelta(seconds=8)
    barrier: timedelta = timedelta(seconds=10)
    passage: timedelta = timedelta(seconds=30)
    payment: timedelta = timedelta(minutes=1)
    operator: timedelta = timedelta(minutes=1)
    refused: timedelta = timedelta(seconds=30)
    stuck: timedelta = timedelta(minutes=30)

    def seconds(self, timer: Timer, clock: Clock) -> float:
        """The real seconds that a timer runs."""
        match timer:
            case Timer.READ:
                return self.read.total_seconds()
            case Timer.BARRIER:
                return self.barrier.total_seconds()
            case Timer.PASSAGE:
                return clock.real(self.passage)
            case Timer.PAYMENT:
                return clock.real(self.payment)
            case Timer.OPERATOR:
                return clock.real(self.operator)
            case Timer.REFUSED:
                return clock.real(self.refused)
