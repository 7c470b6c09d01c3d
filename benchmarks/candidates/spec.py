"""Candidates as a TOML file describes them: one `[[candidate]]` table each (docs/examples/bench.toml).

A setting that a kind of candidate cannot honour is refused, never ignored.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from benchmarks.errors import BadCandidate
from benchmarks.run_folder import Setting
from models.card import Precision
from vision.grammar import RegionHint
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.session import Provider

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_MODEL_FILES = (".toml", ".onnx", ".pt")
Threads = Annotated[int, Field(ge=1, le=256)]
Batch = Annotated[int, Field(ge=1, le=1024)]
Size = Annotated[int, Field(ge=32, le=16384)]
TorchProvider = Literal["cpu", "cuda"]


class _Spec(BaseModel):
    """What every kind has. `files` are the keys whose values may be paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    files: ClassVar[tuple[str, ...]] = ()
    name: Annotated[str, Field(pattern=f"^{_NAME}$")]


class PipelineSpec(_Spec):
    """Openlot's pipeline with two models by name, or by the path of their card or ONNX file.

    `reader` may also be `rapidocr` or `easyocr`. `precision` left out takes the faster file of each model, as measured
    when it starts. `threads` are reading processes with one thread each; they need a `precision`, which otherwise each
    would choose by itself. `size` is what the detector scales a photo's longer side to, in pixels.
    """

    files = ("detector", "reader")
    kind: Literal["openlot"]
    detector: str = DEFAULT_DETECTOR
    reader: str = DEFAULT_READER
    region: RegionHint = "any"
    precision: Precision | None = None
    provider: Provider = "cpu"
    threads: Threads = 1
    size: Size | None = None

    @model_validator(mode="after")
    def _one_precision(self) -> Self:
        if self.threads > 1 and self.precision is None:
            raise ValueError("`threads` above 1 needs `precision`, int8 or fp32")
        return self


class UltralyticsSpec(_Spec):
    """A detector that ultralytics saved as a `.pt` file, and a reader as in `PipelineSpec`, run in fp32.

    `threads` are torch's; the reader uses one.
    """

    files = ("weights", "reader")
    kind: Literal["ultralytics"]
    weights: Annotated[str, Field(pattern=r"\.pt$")]
    reader: str = DEFAULT_READER
    region: RegionHint = "any"
    provider: TorchProvider = "cpu"
    threads: Threads = 1
    size: Size | None = None


class EasyOcrSpec(_Spec):
    """EasyOCR on the whole photo. `batch` lines are read at once; text is sought in at most `size` pixels a side."""

    kind: Literal["easyocr"]
    languages: Annotated[tuple[str, ...], Field(min_length=1)] = ("en",)
    provider: TorchProvider = "cpu"
    threads: Threads = 1
    batch: Batch = 1
    size: Size = 2560


class RapidOcrSpec(_Spec):
    """RapidOCR on the whole photo. `batch` lines are read at once; text is sought in at least `size` pixels a side."""

    kind: Literal["rapidocr"]
    provider: TorchProvider = "cpu"
    threads: Threads = 1
    batch: Batch = 6
    size: Size = 736


class CommandSpec(_Spec):
    """Another program: `command` and the paths of at most `batch` photos; it prints what `openlot read --json` does."""

    kind: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    batch: Batch = 20


class HttpSpec(_Spec):
    """A service that takes one photo as the multipart file `upload` and answers as Plate Recognizer does.

    `token_env` names the environment variable that holds the token (`Authorization: Token …`); `regions` are sent with
    each photo; `pause_s` is waited before each, for services that allow so many a second. It is not counted.
    """

    kind: Literal["http"]
    url: str
    token_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    regions: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    pause_s: Annotated[float, Field(ge=0, le=60)] = 0.0

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give an http:// or https:// address")
        if parts.username or parts.password or parts.query:
            raise ValueError("settings are kept with the results: give the token by `token_env`, not in the address")
        return url


Spec = Annotated[
    PipelineSpec | UltralyticsSpec | EasyOcrSpec | RapidOcrSpec | CommandSpec | HttpSpec, Field(discriminator="kind")
]
SPEC: TypeAdapter[Spec] = TypeAdapter(Spec)

USUAL: tuple[Spec, ...] = (PipelineSpec(name="openlot", kind="openlot"),)
"""What is measured where no file names anything: the shipped models."""


def settings(spec: Spec) -> Mapping[str, Setting]:
    """A candidate's settings as they are kept with a run: all but its name and kind, the usual ones included."""
    found: dict[str, Setting] = spec.model_dump(exclude={"name", "kind"}, exclude_none=True)
    return found


def load_specs(files: Sequence[Path]) -> tuple[Spec, ...]:
    """The candidates of these files in their order, as written; the usual one without a file. Raises BadCandidate."""
    if not files:
        return USUAL
    specs = [spec for file in files for spec in _specs(file)]
    names = [spec.name for spec in specs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadCandidate(f"two candidates are called {', '.join(sorted(twice))}; give each a name of its own")
    return tuple(specs)


def _specs(file: Path) -> list[Spec]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadCandidate(f"{file} is no TOML file with candidates ({error}); see docs/examples/bench.toml") from error
    tables = document.pop("candidate", None)
    if document or not isinstance(tables, list) or not tables:
        raise BadCandidate(f"{file}: write one [[candidate]] table for each candidate, and nothing else")
    return [_spec(table, file, number) for number, table in enumerate(tables, 1)]


_SAID = {
    "extra_forbidden": "this kind has no such setting",
    "union_tag_invalid": "there is no kind '{tag}'; the kinds are {expected_tags}",
    "union_tag_not_found": "`kind` is missing",
}
"""Words for what pydantic says in its own, by the type of its error."""


def _spec(table: object, file: Path, number: int) -> Spec:
    try:
        spec = SPEC.validate_python(table)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        key = "".join(f"{part}: " for part in found["loc"][1:])
        what = _SAID.get(found["type"], "{msg}").format(msg=found["msg"], **found.get("ctx", {}))
        raise BadCandidate(f"{file}: candidate {number}: {key}{what}; correct or remove it") from error
    near = {key: _from_file(getattr(spec, key), file) for key in spec.files}
    return spec.model_copy(update=near)


def _from_file(value: str, file: Path) -> str:
    """A path as it is found from anywhere: relative ones start from the TOML file. Variables stay as they are."""
    if not value.endswith(_MODEL_FILES) or value.startswith("$"):
        return value
    return str(file.parent / value)


def expanded(spec: Spec) -> Spec:
    """The candidate with the environment variables in its paths replaced. Raises BadCandidate for an unset one."""
    found = {key: os.path.expandvars(getattr(spec, key)) for key in spec.files}
    for key, value in found.items():
        missing = re.search(r"\$\{?(\w+)", value)
        if missing:
            raise BadCandidate(
                f"candidate {spec.name}: `{key}` names {missing[1]}, which is not set; set it to a folder"
            )
    return spec.model_copy(update=found)
