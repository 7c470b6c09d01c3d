"""What keeps cameras a core from being measured."""

from benchmarks.errors import BenchmarkError


class BadCameraRuns(BenchmarkError):
    """A folder holds no finished measurement of cameras, or a file of it is not what one writes."""

    code = "bad_camera_runs"


class BadClip(BenchmarkError):
    """A clip cannot be shown by a camera: too few frames a second, too small, or no H.264."""

    code = "bad_clip"


class WatcherFailed(BenchmarkError):
    """A process that watches a camera, or the one that plays the cameras, cannot go on."""

    code = "watcher_failed"
