"""What can go wrong between a picture and a plate, each with a stable code and what to do about it."""


class VisionError(Exception):
    """Base of every error raised by `vision`; `code` is stable and machine-readable."""

    code = "vision_error"


class UnreadableImage(VisionError):
    """The bytes are not a picture that can be decoded: empty, truncated, or of an unknown format."""

    code = "unreadable_image"


class ImageTooLarge(VisionError):
    """The picture's stated dimensions are over the limit; refused before any pixel is decoded."""

    code = "image_too_large"


class NoImages(VisionError):
    """A folder or pattern holds no picture."""

    code = "no_images"


class SourceUnavailable(VisionError):
    """A camera, stream or file that should give frames gives none."""

    code = "source_unavailable"


class WrongModelShape(VisionError):
    """An ONNX file's inputs or outputs are not what its card promises."""

    code = "wrong_model_shape"


class ProviderUnavailable(VisionError):
    """An execution provider was asked for that this onnxruntime does not have."""

    code = "provider_unavailable"


class ExtraMissing(VisionError):
    """A detector or reader was asked for whose packages are not installed; they come with an extra."""

    code = "extra_missing"


class ReadingProcessDied(VisionError):
    """A process that reads pictures ended unexpectedly, most likely in a decoder or for want of memory."""

    code = "reading_process_died"
