"""What every layout's reader needs: pictures of a folder, plate texts, and the error that names the line to correct."""

from pathlib import Path

from benchmarks.errors import NoTruth
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import normalise
from vision.errors import NoImages
from vision.sources.folder import picture_files


def plate_text(text: str, where: str) -> str:
    """A true plate, normalised. Raises NoTruth, which names `where` the text stands."""
    try:
        return normalise(text)
    except BadPlate as error:
        raise NoTruth(f"{where}: {text!r} is no plate ({error})") from error


def pictures(folder: Path) -> list[Path]:
    """The pictures in a folder and below it, sorted; empty where there are none."""
    try:
        return picture_files(folder) if folder.is_dir() else []
    except NoImages:
        return []


def picture_in(folder: Path, name: str, where: str) -> Path:
    """The picture called `name` in `folder`. Raises NoTruth where it lies outside or is not there."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise NoTruth(f"{where}: {name!r} leaves {folder}; keep the photos inside")
    if not path.is_file():
        raise NoTruth(f"{where}: the photo {name!r} is not in {folder}; copy it there or remove its label")
    return path


def sample_id(photo: Path, folder: Path) -> str:
    """A photo's path below the data set's folder, with slashes."""
    return photo.relative_to(folder).as_posix()


def utf8(path: Path) -> str:
    """The text of a file of labels. Raises NoTruth."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NoTruth(f"{path} cannot be read as UTF-8 text ({error}); save it as UTF-8") from error
