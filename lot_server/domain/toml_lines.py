"""Which line of a TOML file a complaint about its values is about; tomllib itself forgets where values stood."""

import re
from dataclasses import dataclass, field

_HEADER = re.compile(r"""\s*(\[\[?)\s*(["'\w.\-]+)\s*\]""")
_KEY = re.compile(r"""\s*(["'\w\-]+(?:\s*\.\s*["'\w\-]+)*)\s*=""")
_PLACE = re.compile(r"\[\[?(\w+)\]?\](?: number (\d+))?")
_WORD = re.compile(r"\s*(\w+)(?:\[(\d+)\])?")
_UNKNOWN_KEY = re.compile(r".*? has no key '([^']+)'")
_UNKNOWN_SECTION = re.compile(r"there is no section '([^']+)'")

Path = tuple[str | int, ...]


@dataclass(slots=True)
class _Places:
    """The lines of headers and keys, by path; tables of a list are numbered from 0."""

    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)

    def header(self, names: list[str], repeated: bool, line: int) -> Path:
        path: Path = ()
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            last = depth == len(names)
            if last and repeated:
                self.counts[path] = self.counts.get(path, -1) + 1
            self.lines.setdefault(path, line)
            if path in self.counts:
                path = (*path, self.counts[path])
        self.lines.setdefault(path, line)
        return path


def line_of(text: str, complaint: str) -> int | None:
    """The line, from 1, of the value that an error of `toml_section` or `config` names; None where it names none.

    For a value inside an inline table or list it is the line of the key which that belongs to.
    """
    lines = _places(text)
    section = _UNKNOWN_SECTION.match(complaint)
    if section is not None:
        return lines.get((section[1],))
    place = _PLACE.match(complaint)
    if place is None:
        return None
    path: Path = (place[1],) if place[2] is None else (place[1], int(place[2]) - 1)
    rest, found = complaint[place.end() :], lines.get(path)
    while (word := _WORD.match(rest)) is not None and (*path, word[1]) in lines:
        path = (*path, word[1])
        found = lines[path]
        if word[2] is not None and (*path, int(word[2])) in lines:
            path = (*path, int(word[2]))
            found = lines[path]
        rest = rest[word.end() :]
    unknown = _UNKNOWN_KEY.match(rest)
    return lines.get((*path, unknown[1]), found) if unknown is not None else found


def _names(dotted: str) -> list[str]:
    return [name.strip().strip("\"'") for name in dotted.split(".")]


def _places(text: str) -> dict[Path, int]:
    places = _Places()
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            table = places.header(_names(header[2]), header[1] == "[[", number)
            continue
        key = _KEY.match(line)
        if key is not None:
            path = table
            for name in _names(key[1]):
                path = (*path, name)
                places.lines.setdefault(path, number)
    return places.lines
