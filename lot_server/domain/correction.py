"""Whether an exit's read of a plate is to be believed where the entry's read says something else."""

from lot_server.domain.alignment import Row, align, doubted_row, plate_row
from lot_server.domain.evidence import PPM, ReadEvidence
from lot_server.domain.look_alikes import Misreading
from lot_server.domain.shortlist import likeliest_text
from lot_server.domain.stay import Stay

LEAST_CONFIDENCE = 0.99
"""Below it a plate stays as the entry read it."""
SURE = 0.9


def exit_confidence(stay: Stay, plate: str, read: ReadEvidence, doubt: float, misreading: Misreading) -> float:
    """The probability that a stay's plate is `plate`, the sure text of its exit's `read`, and not what its entry said.

    Both reads are weighed together for both texts: P(text) is in proportion to P(entry | text) · P(exit | text), each
    read taken for less sure than it says, as in matching. `doubt` is that of the match, 0..1. 0 where the entry has no
    read, or a person or the lot has corrected the plate before: then nothing is weighed.
    """
    if stay.evidence is None or not stay.evidence.positions:
        return 0.0
    told = likeliest_text(stay.evidence)
    if stay.plate not in (None, told):
        return 0.0
    if plate == told:
        return 1 - doubt
    rows = [doubted_row(each, misreading, reads=1) for each in (stay.evidence, read)]
    for_exit, for_entry = (_both(text, rows, misreading) for text in (plate, told))
    return 0.0 if for_exit == 0 else (1 - doubt) * for_exit / (for_exit + for_entry)


def _both(text: str, rows: list[Row], misreading: Misreading) -> float:
    likelihood = 1.0
    for row in rows:
        likelihood *= align(row, plate_row(text), misreading).same
    return likelihood


def is_sure(read: ReadEvidence) -> bool:
    """Whether a read leaves no two ways to take it: its likeliest text has at least `SURE` of the probability."""
    probability = 1.0
    for position in read.positions:
        probability *= (position.characters[0][1] if position.characters else 0) / PPM
    return bool(read.positions) and probability >= SURE
