"""The models: there, unchanged, and able to read."""

import time
from collections.abc import Iterator

import numpy as np

from lot_server.config import LotConfig
from lot_server.doctor.finding import Finding
from lot_server.vision_models import model_place
from models.errors import ModelError
from models.registry import Registry, verified_bytes
from vision.errors import VisionError
from vision.pipeline import Pipeline
from vision.types import Frame

PICTURE = (720, 1280, 3)


def check_weights(config: LotConfig) -> Iterator[Finding]:
    """Each model's files against their checksums, and one picture through the two as a vision worker reads it."""
    vision = config.vision
    sound = True
    names = {"detector": model_place(config, vision.detector), "reader": model_place(config, vision.reader)}
    for kind, name in names.items():
        check = f"model {kind}"
        try:
            card = Registry().find(name, "detector" if kind == "detector" else "reader")
            for file in card.files.values():
                verified_bytes(file)
        except ModelError as error:
            sound = False
            yield Finding(check, "fail", str(error), "install openlot again, or correct [vision] in the configuration")
        else:
            yield Finding(check, "ok", f"{card.name}: {', '.join(card.files)} as their checksums say")
    if sound:
        yield _reading(config, names["detector"], names["reader"])


def _reading(config: LotConfig, detector: str, reader: str) -> Finding:
    try:
        pipeline = Pipeline.load(detector, reader, region=config.vision.region, provider=config.vision.provider)
        picture = Frame(np.zeros(PICTURE, np.uint8), "self-test")
        pipeline.look(picture)
        began = time.perf_counter()
        found = pipeline.look(picture)
        took = time.perf_counter() - began
    except (ModelError, VisionError) as error:
        return Finding("reading", "fail", str(error), "correct [vision] provider, or install what it needs")
    if found:
        return Finding("reading", "fail", "a plate was read on a black picture", "run `openlot models verify`")
    if took > config.vision.timeout_s / 2:
        text = f"one picture takes {took:.1f} s, and {config.vision.timeout_s:g} s are allowed"
        return Finding("reading", "warn", text, "raise [vision] timeout_s, or give the lot a faster machine")
    return Finding("reading", "ok", f"an empty picture takes {took * 1000:.0f} ms")
