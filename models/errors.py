"""What can be wrong with a model, each with a stable code and what to do about it."""


class ModelError(Exception):
    """Base of every error raised by `models.card` and `models.registry`; `code` is stable and machine-readable."""

    code = "model_error"


class UnknownModel(ModelError):
    """No card goes by the name or path that was asked for."""

    code = "unknown_model"


class BadCard(ModelError):
    """A card breaks the schema: a key is missing, unknown or of the wrong type."""

    code = "bad_card"


class MissingWeights(ModelError):
    """A card names a weight file that is not there."""

    code = "missing_weights"


class TamperedWeights(ModelError):
    """A weight file's bytes are not those that its card pins."""

    code = "tampered_weights"


class UnsafeModel(ModelError):
    """A weight file reaches outside itself: external data, a path out of its folder, or operators of unknown origin."""

    code = "unsafe_model"


class TrainingStackMissing(ModelError):
    """Training or export was asked for where torch and its companions are not installed."""

    code = "training_stack_missing"
