"""Which of a lane's two loops can be believed, judged by what they feel and what vehicles do. Pure, with no clock.

A loop that is doubted is believed again as soon as it changes: nothing proves better that it is alive.
"""

from typing import Literal

Loop = Literal["arming", "closing"]
Doubt = Literal["stuck", "silent"]
"""stuck: occupied for too long, and no vehicle seen there; silent: vehicles pass that it does not feel."""

GIVEN_UP = 3
"""So many vehicles in a row that leave the arming loop for an open barrier, and never come to the closing loop, are no
drivers who changed their mind: the closing loop does not feel them."""


class LoopTrust:
    """The loops of one lane. Instants and spans are real seconds of whatever clock the caller has."""

    def __init__(self, stuck_after: float) -> None:
        self._stuck_after = stuck_after
        self._since: dict[Loop, float] = {}
        self._doubts: dict[Loop, Doubt] = {}
        self._felt = False
        self._given_up = 0

    def doubt(self, loop: Loop) -> Doubt | None:
        """Why a loop is not to be believed, None where it is."""
        return self._doubts.get(loop)

    def changed(self, loop: Loop, occupied: bool, at: float) -> bool:
        """What a loop feels. Returns whether that is news."""
        if occupied == (loop in self._since):
            return False
        if occupied:
            self._since[loop] = at
        else:
            del self._since[loop]
        self._doubts.pop(loop, None)
        if loop == "arming":
            self._felt = True
        else:
            self._given_up = 0
        return True

    def seen(self, at: float) -> None:
        """The camera showed a vehicle at the lane, so an occupied arming loop is right to be."""
        if "arming" in self._since:
            self._since["arming"] = at

    def crossed(self) -> None:
        """A vehicle was counted by the closing loop; one that the arming loop did not feel shows that it is silent."""
        if not self._felt:
            self._doubts["arming"] = "silent"
        self._felt = "arming" in self._since

    def gave_up(self) -> None:
        """A vehicle left the arming loop for an open barrier and never came to the closing loop."""
        self._given_up += 1
        if self._given_up >= GIVEN_UP:
            self._doubts["closing"] = "silent"
        self._felt = "arming" in self._since

    def pass_time(self, at: float) -> None:
        """A loop that has been occupied for too long by now is stuck."""
        for loop, since in self._since.items():
            if at - since >= self._stuck_after:
                self._doubts.setdefault(loop, "stuck")
