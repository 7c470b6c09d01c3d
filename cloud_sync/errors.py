"""What can go wrong between a lot and the cloud, each with a stable code and what to do about it."""


class SyncError(Exception):
    """Base of every error raised by `cloud_sync`; `code` is stable and machine-readable."""

    code = "sync_error"


class MalformedBatch(SyncError):
    """The bytes are not the message they should be: no JSON, a wrong shape, or another lot's envelopes."""

    code = "malformed_batch"


class BatchTooLarge(MalformedBatch):
    """More envelopes or bytes than one batch may have."""

    code = "batch_too_large"


class BadSignature(SyncError):
    """A request is unsigned, signed by an unknown key, changed on its way, or too old."""

    code = "bad_signature"


class BadKey(SyncError):
    """A key file is missing, open to other users, or holds no Ed25519 key."""

    code = "bad_key"


class BadConfig(SyncError):
    """A configuration file is missing, no TOML, or lacks, misspells or misuses a key; the message names both."""

    code = "bad_config"


class OutboxUnavailable(SyncError):
    """The lot's database is not there yet, or locked just now: look again."""

    code = "outbox_unavailable"


class UplinkUnavailable(SyncError):
    """The cloud did not answer in time, or not as a cloud does: try again later."""

    code = "uplink_unavailable"


class LoopbackUnavailable(SyncError):
    """The lot's server did not answer in time, or could not do its work: try again later."""

    code = "loopback_unavailable"


class LoopbackRefused(SyncError):
    """The lot's server understood and said no, for good or until somebody mends one of both sides."""

    code = "loopback_refused"


class CannotRecover(SyncError):
    """The cloud's mirror cannot fill this store; the message says why and what to do."""

    code = "cannot_recover"
