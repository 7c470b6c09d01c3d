"""Whether the sightings of a clip are those of its vehicles: each read right, once, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.videos.truth import ClipTruth, TrueVehicle


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting: its text, None where it was not read, and the frames that are its evidence."""

    text: str | None
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of `vehicles` that must be read: `right` were, `missed` were not.

    Of the sightings: `doubled` tell a vehicle's plate once more, `wrong` a text that is no plate of a vehicle seen
    then, and `unread` no text while no vehicle was seen whose plate is hard to read.
    """

    clip: str
    vehicles: int
    right: int
    missed: int
    doubled: int
    wrong: int
    unread: int

    @property
    def is_all_right(self) -> bool:
        """Whether every vehicle gave exactly one sighting, its text right, and nothing else gave one."""
        return not (self.missed or self.doubled or self.wrong or self.unread)


def judge(truth: ClipTruth, sightings: Sequence[Seen]) -> Verdict:
    """Hold the sightings of a clip, in the order in which they came, against its truth."""
    told: set[int] = set()
    doubled = wrong = unread = 0
    for seen in sightings:
        if seen.text is None:
            unread += not any(_is_hard(vehicle) and vehicle.is_seen_in(seen.frames) for vehicle in truth.vehicles)
            continue
        own = truth.hash_of(seen.text)
        fitting = [
            place
            for place, vehicle in enumerate(truth.vehicles)
            if vehicle.plate_hash == own and vehicle.is_seen_in(seen.frames)
        ]
        fresh = [place for place in fitting if place not in told]
        if fresh:
            told.add(fresh[0])
        elif fitting:
            doubled += 1
        else:
            wrong += 1
    required = [place for place, vehicle in enumerate(truth.vehicles) if vehicle.is_required]
    right = sum(place in told for place in required)
    return Verdict(truth.clip, len(required), right, len(required) - right, doubled, wrong, unread)


def _is_hard(vehicle: TrueVehicle) -> bool:
    return not vehicle.is_required
