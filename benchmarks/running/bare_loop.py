"""The reader called in a plain loop, without anything of the bench: `python -m benchmarks.running.bare_loop`.

Told a candidate in the first line and batches of photos in the next ones, it answers the seconds that each took.
"""

import sys
import time

from benchmarks.candidates.pipeline import Recipe
from benchmarks.candidates.spec import SPEC, PipelineSpec
from benchmarks.running.messages import BATCH
from vision.decode_image import load_image


def main() -> None:
    """Serve until the input ends."""
    spec = SPEC.validate_json(sys.stdin.buffer.readline())
    if not isinstance(spec, PipelineSpec):
        raise TypeError("only openlot's pipeline is called in a loop")
    pipeline = Recipe(spec).load()
    for line in sys.stdin.buffer:
        photos = BATCH.validate_json(line).photos
        start = time.perf_counter()
        for photo in photos:
            pipeline.read(load_image(photo))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
