"""H.264 as cameras send it: access units of a file, and their RTP payloads by RFC 6184."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import av

from benchmarks.cameras.errors import BadClip

_START_CODE = re.compile(rb"\x00\x00\x01")
_TYPE = 0x1F
"""Of a NAL unit's first byte: its type; the rest is its importance (ITU-T H.264, 7.3.1)."""
_SEQUENCE_PARAMETERS, _PICTURE_PARAMETERS = 7, 8
_FRAGMENT_A = 28
"""The type of a fragment's payload, FU-A (RFC 6184, 5.8)."""
MOST_BYTES = 1400
"""Bytes of a payload: what cameras send, so that a packet fits an Ethernet frame."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: its NAL units, without start codes."""

    nals: tuple[bytes, ...]
    is_key: bool


@dataclass(frozen=True, slots=True)
class Footage:
    """What a camera shows over and over: coded pictures, so many a second, the first of them a keyframe."""

    units: tuple[AccessUnit, ...]
    rate: float

    @property
    def parameters(self) -> tuple[bytes, bytes]:
        """The first sequence and picture parameter sets."""
        nals = self.units[0].nals
        return _first(nals, _SEQUENCE_PARAMETERS), _first(nals, _PICTURE_PARAMETERS)

    def keyframe_before(self, number: int) -> int:
        """The last picture at or before `number` with which decoding can begin."""
        return next(place for place in range(number % len(self.units), -1, -1) if self.units[place].is_key)


def load_footage(file: Path) -> Footage:
    """The H.264 of a video file. Raises BadClip."""
    try:
        with av.open(str(file)) as container:
            stream = container.streams.video[0]
            rate = stream.average_rate
            to_start_codes = av.BitStreamFilterContext("h264_mp4toannexb", stream)
            units = [
                AccessUnit(_nals(bytes(part)), part.is_keyframe)
                for packet in container.demux(stream)
                for part in to_start_codes.filter(packet)
                if part.size
            ]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise BadClip(f"{file} is no video in H.264 ({error}); give another") from error
    if rate is None or not units or not units[0].is_key:
        raise BadClip(f"{file} does not begin with a keyframe, or tells no frames a second; code it again")
    return Footage(tuple(units), float(rate))


def payloads(unit: AccessUnit) -> list[bytes]:
    """The RTP payloads of a picture: NAL units that fit as they are, larger ones in fragments."""
    found = []
    for nal in unit.nals:
        if len(nal) <= MOST_BYTES:
            found.append(nal)
            continue
        head, body = nal[0], nal[1:]
        size = MOST_BYTES - 2
        for start in range(0, len(body), size):
            begins, ends = start == 0, start + size >= len(body)
            kind = begins << 7 | ends << 6 | head & _TYPE
            found.append(bytes([head & ~_TYPE & 0xFF | _FRAGMENT_A, kind]) + body[start : start + size])
    return found


def _nals(annex_b: bytes) -> tuple[bytes, ...]:
    """The NAL units between start codes; a zero before a start code belongs to it (ITU-T H.264, annex B)."""
    ends = [match.end() for match in _START_CODE.finditer(annex_b)]
    nexts = [*(end - 3 for end in ends[1:]), len(annex_b)]
    return tuple(annex_b[start:end].rstrip(b"\x00") for start, end in zip(ends, nexts, strict=True))


def _first(nals: tuple[bytes, ...], kind: int) -> bytes:
    for nal in nals:
        if nal[0] & _TYPE == kind:
            return nal
    raise BadClip("the first picture of the H.264 has no parameter sets; code the clip again")
