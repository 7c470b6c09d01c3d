"""Which packets of a coded video are decoded while nothing moves before the camera: keyframes.

A group is a keyframe and the frames that are coded as changes to it. While the sleeper sleeps, only the keyframe of
each group is decoded and looked at; the other packets are kept. A keyframe that shows motion, or a packet heavier than
those of quiet groups, wakes it: then the group kept is decoded as well, so that nothing that came is lost. The weight
tells of what comes and goes between two keyframes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from vision.picture import Sleeper
from vision.sources.coded_video import CodedPicture, CodedVideo, Packet

_LONGEST_S = 2.5
"""Seconds of the longest group that is slept through; cameras send a keyframe every one or two."""
_HEAVY = 1.5
"""How many times as heavy as any of the last quiet groups a packet must be to tell of motion."""
_GROUPS = 8
"""Quiet groups whose heaviest packets are remembered."""


class SleepyVideo:
    """The pictures of a coded video that a sleeper wants."""

    def __init__(self, video: CodedVideo, sleeper: Sleeper) -> None:
        self._video = video
        self._sleeper = sleeper
        self._group: list[Packet] = []
        self._first = 0
        """Index of the group's keyframe."""
        self._given = 0
        """Index of the first picture not given yet."""
        self._asleep = False
        self._is_quiet = False
        """Whether nothing moved in the group so far."""
        self._must_wake = True
        """Whether the rest of this group is decoded in any case."""
        self._heaviest: deque[int] = deque(maxlen=_GROUPS)

    def pictures(self) -> Iterator[CodedPicture]:
        """The pictures in order: all while the sleeper is awake, all of a group in which something moves, and the
        keyframes of the others.
        """
        for packet in self._video.packets():
            if packet.is_keyframe:
                yield from self._begin(packet)
            else:
                yield from self._go_on(packet)
            if not self._asleep and self._may_sleep():
                # what the decoder holds back may yet show motion
                yield from self._new(self._video.drain())
                if not self._may_sleep():
                    yield from self._wake([])
            self._is_quiet = self._is_quiet and self._sleeper.sleeps
            self._asleep = self._may_sleep()
        if self._asleep:
            yield from self._wake([])
        yield from self._new(self._video.drain())

    def _may_sleep(self) -> bool:
        return self._sleeper.sleeps and not self._must_wake

    def _begin(self, key: Packet) -> Iterator[CodedPicture]:
        first = self._first + len(self._group)
        is_short = bool(self._group) and _seconds(self._group[0], key) <= _LONGEST_S
        if self._is_quiet:
            self._heaviest.append(max((packet.size for packet in self._group[1:]), default=0))
        moves = False
        if self._asleep:
            seen = self._video.glance(key, first)
            moves = seen is None or self._sleeper.is_woken_by(seen.luma)
            if moves:
                yield from self._wake([key])
            elif seen is not None:
                yield from self._new(iter([seen]))
        else:
            yield from self._new(self._video.decode([key]))
        # a decoder may hold pictures back, so that the gate has not seen yet what woke it
        self._must_wake = moves or not is_short
        self._is_quiet = not moves
        self._group, self._first = [key], first

    def _go_on(self, packet: Packet) -> Iterator[CodedPicture]:
        self._group.append(packet)
        if not self._asleep:
            yield from self._new(self._video.decode([packet]))
        elif self._is_heavy(packet) or _seconds(self._group[0], packet) > _LONGEST_S:
            self._must_wake = True
            yield from self._wake([])

    def _wake(self, more: list[Packet]) -> Iterator[CodedPicture]:
        self._video.restart(self._first)
        yield from self._new(self._video.decode([*self._group, *more]))

    def _new(self, pictures: Iterator[CodedPicture]) -> Iterator[CodedPicture]:
        for picture in pictures:
            if picture.index >= self._given:
                self._given = picture.index + 1
                yield picture

    def _is_heavy(self, packet: Packet) -> bool:
        return bool(self._heaviest) and packet.size > _HEAVY * max(self._heaviest)


def _seconds(first: Packet, later: Packet) -> float:
    """From one packet to the next; endless where the stream does not say when they are due."""
    if first.dts is None or later.dts is None or later.time_base is None:
        return float("inf")
    return float((later.dts - first.dts) * later.time_base)
