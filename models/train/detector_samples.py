"""The stream of batches the detector learns from: composed scenes, degraded as cameras do, without end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from models.train.datasets import SCENE_SETS, Scene
from models.train.synthetic.scenes import PlateSupply, Sample, compose
from vision.types import Image

LEAST_PLATE_WIDTH = 8.0
"""Pixels across below which a plate is left out of the labels: the finest grid has a cell each 8 pixels."""


class Batch(TypedDict):
    """What ultralytics' losses take. Positions are fractions of the picture; boxes are centre, width, height."""

    img: torch.Tensor
    batch_idx: torch.Tensor
    cls: torch.Tensor
    bboxes: torch.Tensor
    keypoints: torch.Tensor


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training: pictures of `size` pixels a side, `batch` at a time, until `until` (0..1) of it."""

    until: float
    size: int
    batch: int


class PlateScenes(IterableDataset[Batch]):
    """An endless stream of batches at one size, the same for the same seed."""

    def __init__(self, scenes: Sequence[Scene], supply: PlateSupply, size: int, batch: int, seed: int) -> None:
        self._scenes = scenes
        self._supply = supply
        self._size = size
        self._batch = batch
        self._seed = seed
        weights = np.array([SCENE_SETS.get(scene.set_name, 1.0) for scene in scenes])
        self._cumulative = np.cumsum(weights / weights.sum())

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self._seed)
        while True:
            yield collate([self.sample(rng) for _ in range(self._batch)])

    def sample(self, rng: np.random.Generator) -> Sample:
        index = min(int(np.searchsorted(self._cumulative, rng.random())), len(self._scenes) - 1)
        sample = compose(rng, self._scenes[index], self._supply, self._size)
        return Sample(degrade(rng, sample.image), sample.quads, sample.has_corners)


def collate(samples: Sequence[Sample]) -> Batch:
    """Samples of one size as a batch: pictures (B, 3, S, S) float32 RGB 0..1."""
    size = samples[0].image.shape[0]
    pictures = np.stack([sample.image[:, :, ::-1].transpose(2, 0, 1) for sample in samples])
    owner: list[int] = []
    boxes: list[NDArray[np.float32]] = []
    keypoints: list[NDArray[np.float32]] = []
    for number, sample in enumerate(samples):
        for quad, has_corners in zip(sample.quads, sample.has_corners, strict=True):
            low, high = quad.min(axis=0).clip(0, size), quad.max(axis=0).clip(0, size)
            if high[0] - low[0] < LEAST_PLATE_WIDTH or high[1] <= low[1]:
                continue
            owner.append(number)
            boxes.append(np.concatenate([(low + high) / 2, high - low]) / size)
            known = np.full((4, 1), float(has_corners), dtype=np.float32)
            keypoints.append(np.concatenate([quad / size, known], axis=1))
    return Batch(
        img=torch.from_numpy(pictures).float().div_(255),
        batch_idx=torch.tensor(owner, dtype=torch.float32),
        cls=torch.zeros(len(owner), 1),
        bboxes=torch.from_numpy(np.asarray(boxes, dtype=np.float32).reshape(-1, 4)),
        keypoints=torch.from_numpy(np.asarray(keypoints, dtype=np.float32).reshape(-1, 4, 3)),
    )


def start_worker(worker: int) -> None:
    """Makes a loading process give way to the training it feeds."""
    del worker
    os.nice(5)
    cv2.setNumThreads(1)


def degrade(rng: np.random.Generator, image: Image) -> Image:
    """What cameras, light and compression do to a whole picture (H, W, 3) BGR uint8; returns a new one."""
    if rng.random() < 0.8:
        image = _tone(rng, image)
    if rng.random() < 0.08:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
    if rng.random() < 0.2:
        image = _blur(rng, image)
    if rng.random() < 0.25:
        coarse = rng.normal(0, rng.uniform(2, 14), (image.shape[0] // 2, image.shape[1] // 2)).astype(np.float32)
        grain = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        image = (image + grain[..., None]).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(20, 85))
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return image


def _tone(rng: np.random.Generator, image: Image) -> Image:
    """Exposure, contrast, gamma and colour cast by one table a channel; now and then saturation and hue."""
    levels = np.arange(256, dtype=np.float32) / 255
    night = rng.random() < 0.12 and image.mean() > 70
    gain = rng.uniform(0.3, 0.6) if night else rng.uniform(0.65, 1.4)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    offset = rng.normal(0, 0.04)
    cast = np.exp(rng.normal(0, 0.08, 3))
    table = np.stack([((levels**gamma) * gain * c + offset).clip(0, 1) * 255 for c in cast], axis=-1)
    image = cv2.LUT(image, table.astype(np.uint8)[None]).astype(np.uint8, copy=False)
    if rng.random() < 0.3:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        steps = np.arange(256)
        hue = ((steps + rng.integers(-12, 13)) % 180).astype(np.uint8)
        saturation = (steps * rng.uniform(0.3, 1.5)).clip(0, 255).astype(np.uint8)
        table = np.stack([hue, saturation, steps.astype(np.uint8)], axis=-1)[None]
        image = cv2.cvtColor(cv2.LUT(hsv, table), cv2.COLOR_HSV2BGR).astype(np.uint8, copy=False)
    return image


def _blur(rng: np.random.Generator, image: Image) -> Image:
    if rng.random() < 0.5:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.6)).astype(np.uint8, copy=False)
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), dtype=np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = (length - 1) / 2
    start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum()).astype(np.uint8, copy=False)
