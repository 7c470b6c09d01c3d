"""What a lane's camera told: a sighting turned into what the rules need of it."""

from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.plate import PlateColor, normalise
from vision.types import PositionDistribution, Sighting

TOP = 5
"""Characters kept a position; the others' probability goes to the rest."""


@dataclass(frozen=True, slots=True)
class LaneRead:
    """One read at one lane. `plate` is None unless the read is sure; `evidence` is None where no plate was seen.

    `photos` are the archive's names of the frames that were read, or of what the camera saw instead. `color` is the
    plate's, None where none was seen. `other_plates` were surely read beside it: a trailer's, or a neighbour's.
    """

    plate: str | None
    printed: str | None
    evidence: ReadEvidence | None
    photos: tuple[str, ...]
    read_at: datetime
    color: PlateColor | None = None
    other_plates: tuple[str, ...] = ()


def from_sighting(
    sighting: Sighting | None, photos: tuple[str, ...], read_at: datetime, least_confidence: float
) -> LaneRead:
    """The read of a sighting, None being a vehicle without a plate.

    A text less sure than `least_confidence`, 0..1, is no plate; its evidence is kept all the same, so that matching
    still finds it. Raises BadPlate for a text no plate can have.
    """
    if sighting is None:
        return LaneRead(None, None, None, photos, read_at)
    plate = _plate(sighting, least_confidence)
    printed = None if plate is None else sighting.printed
    others = tuple(_plate(each, least_confidence) for each in sighting.besides)
    named = tuple(dict.fromkeys(each for each in others if each not in (None, plate)))
    return LaneRead(plate, printed, to_evidence(sighting), photos, read_at, sighting.color, named)


def _plate(sighting: Sighting, least_confidence: float) -> str | None:
    sure = sighting.text is not None and sighting.confidence >= least_confidence
    return normalise(sighting.text) if sighting.text is not None and sure else None


def to_evidence(sighting: Sighting) -> ReadEvidence:
    """A sighting's distributions in parts per million."""
    return ReadEvidence(
        positions=tuple(_position(each) for each in sighting.positions),
        insertions=tuple(_ppm(each) for each in sighting.insertions),
        region=sighting.region,
        color=sighting.color,
    )


def _position(position: PositionDistribution) -> PositionEvidence:
    left = PPM
    characters = []
    for character, probability in position.characters[:TOP]:
        # Rounding up several times must not make more than the whole.
        ppm = min(_ppm(probability), left)
        left -= ppm
        characters.append((character, ppm))
    return PositionEvidence(tuple(characters), left, _ppm(position.deletion))


def _ppm(probability: float) -> int:
    return min(PPM, max(0, round(probability * PPM)))
