"""What lot.toml says of a lane's ticket printer."""

from dataclasses import dataclass
from typing import Literal

from lot_server.errors import BadConfig

MOST_DOTS = 1024
PrinterText = Literal["ascii", "gb18030", "cp858"]


@dataclass(frozen=True, slots=True)
class PrinterSection:
    """A receipt printer on the network that speaks ESC/POS, as `[lanes.printer]`.

    `dots` is its width: 576 for paper of 80 mm, 384 for 58 mm. `text` is the character set of its lines. With `status`
    it is asked for its paper before and after, which old ones do not answer. `cut` has it cut the paper. `timeout_s`
    bounds each step, in real seconds.
    """

    host: str
    port: int = 9100
    timeout_s: float = 3.0
    dots: int = 576
    text: PrinterText = "ascii"
    status: bool = True
    cut: bool = True

    def check(self, where: str) -> None:
        """Raises BadConfig."""
        if not self.host or not 1 <= self.port <= 65535:
            raise BadConfig(f"{where} printer needs a host, and a port from 1 to 65535")
        if not 0 < self.timeout_s < float("inf"):
            raise BadConfig(f"{where} printer timeout_s must be above 0 seconds")
        if self.dots % 8 or not 192 <= self.dots <= MOST_DOTS:
            raise BadConfig(f"{where} printer dots must be a multiple of 8 from 192 to {MOST_DOTS}")
