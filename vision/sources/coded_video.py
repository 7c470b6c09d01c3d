"""A coded video stream, decoded by FFmpeg on one thread: a frame at a time, or a keyframe alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.types import Frame, Image, Luma

Packet: TypeAlias = "av.Packet[VideoStream]"
"""A frame as it was sent; PyAV's."""
_FULL_RANGE = 2
"""FFmpeg's AVCOL_RANGE_JPEG: grey levels from 0 to 255, not from 16 to 235."""
_STRETCHED = np.clip((np.arange(256) - 16) * (255 / 219), 0, 255).astype(np.uint8)


class CodedPicture:
    """A decoded frame whose colours are worked out when they are asked for."""

    def __init__(self, decoded: VideoFrame, source: str, index: int) -> None:
        self._decoded = decoded
        self._source = source
        self.index = index

    @property
    def luma(self) -> Luma:
        """Its grey levels: the brightness that was sent, where it was sent apart from the colours."""
        kind = self._decoded.format
        if not kind.is_planar or kind.is_rgb or kind.components[0].bits != 8:
            return self._upright(np.asarray(self._decoded.to_ndarray(format="gray", threads=1), dtype=np.uint8))
        plane = self._decoded.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        is_full = self._decoded.color_range == _FULL_RANGE or kind.name.startswith("yuvj")
        return self._upright(rows if is_full else np.asarray(cv2.LUT(rows, _STRETCHED), dtype=np.uint8))

    def frame(self) -> Frame:
        """The frame, converted to BGR."""
        image: Image = np.asarray(self._decoded.to_ndarray(format="bgr24", threads=1), dtype=np.uint8)
        return Frame(self._upright(image), self._source, self.index)

    def _upright(self, pixels: Image) -> Image:
        """A telephone held upright sends its pictures lying, and says so."""
        turns = self._decoded.rotation // 90 % 4
        return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


class CodedVideo:
    """The first video stream of an open container. Frames that are damaged on the way are left out."""

    def __init__(self, container: InputContainer, source: str) -> None:
        """`source` is what frames are said to come from. Raises ValueError where there is no video stream."""
        if not container.streams.video:
            raise ValueError("no video stream")
        self._container = container
        self._source = source
        self._stream = container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        self._index = 0
        self._is_closed = False
        self._in_use = threading.Lock()

    def packets(self) -> Iterator[Packet]:
        """The packets as they come, until the stream ends or is closed. Raises av.FFmpegError when reading fails."""
        packets = self._container.demux(self._stream)
        while True:
            with self._in_use:
                packet = None if self._is_closed else next(packets, None)
            if packet is None:
                return
            if packet.size:
                yield packet

    def decode(self, packets: Sequence[Packet]) -> Iterator[CodedPicture]:
        """The pictures that are complete with these packets, which follow those given before."""
        for packet in packets:
            yield from self._decoded(packet)

    def drain(self) -> Iterator[CodedPicture]:
        """The pictures that the decoder still holds back, since later packets might have come before them."""
        yield from self._decoded(None)
        self.restart(self._index)

    def restart(self, index: int) -> None:
        """Forget what came before: the next packet is a keyframe, and the frame of this index."""
        with self._in_use:
            if not self._is_closed:
                self._stream.codec_context.flush_buffers()
        self._index = index

    def glance(self, packet: Packet, index: int) -> CodedPicture | None:
        """The picture of a keyframe by itself, None where it is damaged; call `restart` before decoding on."""
        self.restart(index)
        pictures = [*self.decode([packet]), *self.drain()]
        return pictures[0] if pictures else None

    def close(self) -> None:
        """Closes the container; ends `packets`, from another thread too."""
        with self._in_use:
            self._is_closed = True
            self._container.close()

    def _decoded(self, packet: Packet | None) -> Iterator[CodedPicture]:
        try:
            with self._in_use:
                frames = [] if self._is_closed else self._stream.codec_context.decode(packet)
        except av.error.InvalidDataError:
            return
        for frame in frames:
            yield CodedPicture(frame, self._source, self._index)
            self._index += 1
