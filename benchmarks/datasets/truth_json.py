"""openlot's own layout: pictures and a `truth.json`, in one folder or in several side by side.

    {"001.jpg": [{"text": "苏E·05EV8", "box": [x1, y1, x2, y2], "corners": [[x, y], …]}], "empty.jpg": []}

`box` and `corners` (four, clockwise from the plate's top left) are null or left out where they are not known. A photo
whose value is `{"plates": […], "conditions": {"light": "night"}}` names the conditions it was taken under.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from benchmarks.datasets.labels import picture_in, plate_text, sample_id
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from vision.types import Box, Corners

TRUTH = "truth.json"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class _Plate:
    text: str
    box: tuple[float, float, float, float] | None = None
    corners: Corners | None = None


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class _Photo:
    plates: tuple[_Plate, ...]
    conditions: dict[str, str] = field(default_factory=dict)


_LISTED = TypeAdapter(dict[str, tuple[_Plate, ...] | _Photo])


@dataclass(frozen=True, slots=True)
class TruthFolder:
    """One folder with a truth.json, and its photos in the order of their names."""

    path: Path
    samples: Sequence[Sample]


def fits(folder: Path) -> bool:
    """Whether the folder, or one in it, holds a truth.json."""
    return bool(_folders(folder))


def read(folder: Path) -> list[Sample]:
    """Every photo; those of a folder in `folder` have its name as the condition `set`. Raises NoTruth."""
    return [sample for found in truth_folders(folder) for sample in found.samples]


def truth_folders(folder: Path) -> list[TruthFolder]:
    """The folder itself where it holds a truth.json, else those in it that do, by name. Raises NoTruth."""
    found = _folders(folder)
    if not found:
        raise NoTruth(f"neither {folder} nor a folder in it holds a {TRUTH}: list each photo's true plates there")
    return [TruthFolder(each, _samples(each, folder)) for each in found]


def _folders(folder: Path) -> list[Path]:
    if (folder / TRUTH).is_file():
        return [folder]
    return [path.parent for path in sorted(folder.glob(f"*/{TRUTH}"))]


def _samples(folder: Path, root: Path) -> list[Sample]:
    path = folder / TRUTH
    try:
        listed = _LISTED.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise NoTruth(f"{path} is not {{file: [{{text, box}}]}}: {error}") from error
    shared = {"set": folder.name} if folder != root else {}
    samples = []
    for name, value in sorted(listed.items()):
        photo = value if isinstance(value, _Photo) else _Photo(value)
        where = f"{path}: {name}"
        picture = picture_in(folder, name, where)
        plates = tuple(
            TruePlate(plate_text(plate.text, where), Box(*plate.box) if plate.box else None, plate.corners)
            for plate in photo.plates
        )
        samples.append(Sample(sample_id(picture, root), picture, plates, {**shared, **photo.conditions}))
    return samples
