"""A program that prints `openlot read --json` lines without looking, as a shell script, and photos to give it."""

from pathlib import Path

import cv2
import numpy as np

_HEAD = """#!/bin/sh
for photo in "$@"; do
  echo "$photo" >> "{seen}"
  case "$photo" in
"""
_TAIL = """
  esac
  plate='{{"text": "ab-12", "confidence": 0.5, "box": [1, 2, 3, 4]}}'
  printf '{{"file": "%s", "ms": 1.5, "plates": [%s]}}\\n' "$photo" "$plate"
done
"""


def shell_reader(folder: Path, cases: str = "") -> Path:
    """A program that reads AB12 on every photo; `cases` are a shell's, by photo, done before. It notes what it is given
    in `seen.txt`."""
    script = folder / "reader.sh"
    script.write_text(_HEAD.format(seen=folder / "seen.txt") + cases + _TAIL.format(), encoding="utf-8")
    script.chmod(0o755)
    return script


def photos_given(folder: Path) -> list[str]:
    """The names of the photos that the program was given, in order."""
    return [Path(line).name for line in (folder / "seen.txt").read_text(encoding="utf-8").splitlines()]


def grey_photos(folder: Path, count: int) -> list[Path]:
    """Small grey pictures `00.png` to the last, with a truth.json that says AB12 of each."""
    folder.mkdir(parents=True, exist_ok=True)
    photos = [folder / f"{number:02}.png" for number in range(count)]
    for photo in photos:
        photo.write_bytes(cv2.imencode(".png", np.full((16, 24, 3), 128, np.uint8))[1].tobytes())
    truth = ", ".join(f'"{photo.name}": [{{"text": "AB12", "box": [0, 0, 8, 4]}}]' for photo in photos)
    (folder / "truth.json").write_text(f"{{{truth}}}", encoding="utf-8")
    return photos
