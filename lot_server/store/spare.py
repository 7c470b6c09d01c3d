"""The spare: a file of its own, with its room taken beforehand, for what the store's disk does not take.

One record a transaction, appended in place and on disk before the transaction's answer is given. A record holds the
statements that changed the tables, and is chained to the one before by hash, so that a torn or stale end is no record.
Numbers go on for ever; the store remembers the last it took in, in the same transaction as the record's changes.
"""

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = struct.Struct(">QI32s")
"""A record's number, the bytes of its content, and its hash: SHA-256 of the hash before, number and content."""

_NONE = b"\0" * 32


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with its values: one row of them, or several for `many`."""

    sql: str
    values: Any
    many: bool


@dataclass(frozen=True, slots=True)
class SpareRecord:
    """One transaction: the ledger's seq and hash before it, and the statements that it was."""

    number: int
    seq: int
    head: str
    statements: tuple[Statement, ...]

    def content(self) -> bytes:
        body = {
            "seq": self.seq,
            "head": self.head,
            "statements": [[each.sql, each.values, each.many] for each in self.statements],
        }
        return zlib.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


class Spare:
    """The file at a path. Used in the store's thread alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end, self._hash = 0, _NONE

    @property
    def path(self) -> Path:
        return self._path

    def take_room(self, size: int) -> None:
        """Make the file, and give it at least so many bytes on disk. Raises OSError."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if size > os.fstat(handle).st_size:
                os.posix_fallocate(handle, 0, size)
                os.fsync(handle)
        finally:
            os.close(handle)

    def records(self, after: int) -> Iterator[SpareRecord]:
        """The whole records with numbers above one; what is appended next follows the last. Raises OSError."""
        content = self._path.read_bytes() if self._path.exists() else b""
        self._end, self._hash = 0, _NONE
        last: int | None = None
        while self._end + _HEAD.size <= len(content):
            number, length, digest = _HEAD.unpack_from(content, self._end)
            packed = content[self._end + _HEAD.size : self._end + _HEAD.size + length]
            if (last is not None and number != last + 1) or digest != _digest(self._hash, number, packed):
                break
            self._end, self._hash, last = self._end + _HEAD.size + length, digest, number
            if number > after:
                yield _record(number, packed)
        if last is None or last <= after:
            # All of it is in the store: the next record may stand where the first one stood.
            self._end, self._hash = 0, _NONE

    def rewind(self, folded: int) -> None:
        """Find where the next record stands, the store having all up to a number. Raises OSError."""
        for _ in self.records(folded):
            pass

    def append(self, record: SpareRecord) -> None:
        """Write a record behind the last; it is on disk once this returns. Raises OSError."""
        packed = record.content()
        digest = _digest(self._hash, record.number, packed)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _write_all(handle, _HEAD.pack(record.number, len(packed), digest) + packed, self._end)
            os.fdatasync(handle)
        finally:
            os.close(handle)
        self._end, self._hash = self._end + _HEAD.size + len(packed), digest

    def set_aside(self) -> Path:
        """Move the file away, for a person to look at. Raises OSError."""
        place = next(
            place
            for number in range(1, 1_000_000)
            if not (place := self._path.with_name(f"{self._path.name}.refused-{number}")).exists()
        )
        self._path.rename(place)
        self._end, self._hash = 0, _NONE
        return place


def _record(number: int, packed: bytes) -> SpareRecord:
    body = json.loads(zlib.decompress(packed))
    statements = tuple(Statement(sql, values, many) for sql, values, many in body["statements"])
    return SpareRecord(number, body["seq"], body["head"], statements)


def _digest(before: bytes, number: int, packed: bytes) -> bytes:
    return hashlib.sha256(before + number.to_bytes(8, "big") + packed).digest()


def _write_all(handle: int, content: bytes, place: int) -> None:
    while content:
        written = os.pwrite(handle, content, place)
        content, place = content[written:], place + written
