"""The lot's private key in a file of its own that no other user can read."""

import os
from pathlib import Path

from cloud_sync.errors import BadKey
from cloud_sync.signing import new_key, public_half

OTHERS = 0o077


def make_key_file(file: Path) -> str:
    """Write a fresh private key to `file`, mode 0600, and return its public half. Raises BadKey if it exists."""
    private, public = new_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadKey(f"{file} exists: move it away, and enrol the lot again with the new key") from error
    except OSError as error:
        raise BadKey(f"{file} cannot be written ({error.strerror}): give a path in an existing folder") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(private + "\n")
    return public


def read_key_file(file: Path) -> str:
    """The private key in `file`. Raises BadKey where it is missing, readable by others, or no key."""
    try:
        mode = file.stat().st_mode
        key = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadKey(f"{file} cannot be read ({error.strerror}): make it with `openlot sync keygen`") from error
    except UnicodeDecodeError as error:
        raise BadKey(f"{file} holds no key: make one with `openlot sync keygen`") from error
    if mode & OTHERS:
        raise BadKey(f"{file} is open to other users: chmod 600 it, and make a new key if somebody may have read it")
    public_half(key)
    return key
