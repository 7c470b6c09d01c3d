"""The folder that a command's results go to."""

from pathlib import Path

from benchmarks.errors import OutFolderUnusable


def make_out_folder(folder: Path) -> None:
    """Make it where it is missing. Raises OutFolderUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutFolderUnusable(
            f"{folder} cannot be a folder for results ({error.strerror}); give another --out"
        ) from error
