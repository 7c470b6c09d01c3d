"""What can go wrong between a lot and the cloud, each with a stable code and what to do about it."""


class SyncError(Exception):
    """Base of every error raised by `cloud_sync`; `code` is stable and machine-readable."""

    code = "sync_error"


class MalformedBatch(SyncError):
    """The bytes are not a batch: no JSON, a wrong shape, too large, or another lot's envelopes."""

    code = "malformed_batch"


class BadSignature(SyncError):
    """A request is unsigned, signed by an unknown key, changed on its way, or too old."""

    code = "bad_signature"


class UplinkUnavailable(SyncError):
    """The cloud did not answer in time, or not as a cloud does: try again later."""

    code = "uplink_unavailable"


class UplinkRefused(SyncError):
    """The cloud answered and said no, in words the worker must act on; `refusal` says which."""

    code = "uplink_refused"
