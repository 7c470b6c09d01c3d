"""What `openlot bench video` leaves in its folder, and its verdicts, which are worked out from that alone.

video.json          what watched (`Watcher`) and the names of the clips; written last
CLIP.jsonl          the sightings, as `openlot watch --json` prints them
CLIP.truth.json     what should have been sighted, plates as salted hashes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import BadVideoFolder, NotComparable
from benchmarks.out_folder import make_out_folder
from benchmarks.videos.judge import Verdict, judge
from benchmarks.videos.truth import SUFFIX, ClipTruth, read_truth, write_truth
from benchmarks.videos.watching import LabelledClip, sightings_in, watch
from vision.pipeline import Pipeline
from vision.read_files import Setup

FORMAT: Final = 1
WATCHED = "video.json"


@dataclass(frozen=True, slots=True)
class Watcher:
    """What watched the clips, by the name that reports give it. `rendered` clips are named after their recipes."""

    name: str
    detector: str
    reader: str
    region: str
    provider: str
    rendered: bool
    clips: tuple[str, ...]
    format: Literal[1] = FORMAT


@dataclass(frozen=True, slots=True)
class Watched:
    """A watcher, and what its sightings are worth, clip by clip."""

    watcher: Watcher
    truths: tuple[ClipTruth, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def total(self) -> Verdict:
        """The counts of all clips together."""
        counts = ("vehicles", "right", "missed", "doubled", "wrong", "unread")
        return Verdict("", **{count: sum(getattr(each, count) for each in self.verdicts) for count in counts})


_WATCHER = TypeAdapter(Watcher)


class VideoFolder:
    """The folder at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def watch(self, name: str, setup: Setup, pipeline: Pipeline, clips: Sequence[LabelledClip], rendered: bool) -> None:
        """Watch the clips and keep everything; a folder whose watching was stopped has no video.json.

        Raises OutFolderUnusable.
        """
        make_out_folder(self.path)
        (self.path / WATCHED).unlink(missing_ok=True)
        for clip in clips:
            watch(pipeline, clip, self._sightings(clip.file.name))
            write_truth(clip.truth, self._truth(clip.file.name))
        names = tuple(clip.file.name for clip in clips)
        watcher = Watcher(name, setup.detector, setup.reader, setup.region, setup.provider, rendered, names)
        (self.path / WATCHED).write_bytes(_WATCHER.dump_json(watcher, indent=2) + b"\n")

    def watched(self) -> Watched:
        """What was sighted, judged. Raises BadVideoFolder, NoTruth."""
        path = self.path / WATCHED
        try:
            watcher = _WATCHER.validate_json(path.read_bytes())
            truths = tuple(read_truth(self._truth(clip)) for clip in watcher.clips)
            verdicts = tuple(judge(t, list(sightings_in(self._sightings(t.clip)))) for t in truths)
        except (OSError, ValidationError, ValueError, KeyError, TypeError) as error:
            raise BadVideoFolder(
                f"{path} cannot be used ({error}); give the --out folder of `openlot bench video`"
            ) from error
        return Watched(watcher, truths, verdicts)

    def _sightings(self, clip: str) -> Path:
        return self.path / f"{clip}.jsonl"

    def _truth(self, clip: str) -> Path:
        return self.path / f"{clip}{SUFFIX}"


def watched_alike(folders: Sequence[Path]) -> tuple[Watched, ...]:
    """What was watched in each folder.

    Raises BadVideoFolder, NoTruth, NotComparable unless all watched the same clips.
    """
    found = tuple(VideoFolder(folder).watched() for folder in folders)
    names = [each.watcher.name for each in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise NotComparable(f"two videos are called {', '.join(sorted(twice))}; watch one again with another --name")
    if any(_labels(each) != _labels(found[0]) for each in found):
        raise NotComparable(
            "the videos show other clips; run `openlot bench video` over the same ones, with one --seed"
        )
    return found


def _labels(watched: Watched) -> list[tuple[object, ...]]:
    return [(truth.clip, truth.salt, truth.vehicles) for truth in watched.truths]
