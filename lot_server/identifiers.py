"""Names for new things: unique everywhere for stays and passages, short enough to read out for tickets."""

import secrets
import uuid

_TICKET_CHARACTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_TICKET_LENGTH = 10


def new_id() -> str:
    """32 hex digits that nobody else will draw."""
    return uuid.uuid4().hex


def new_ticket_id() -> str:
    """Ten characters none of which is taken for another; 49 bits, so that no ticket can be guessed from another."""
    return "".join(secrets.choice(_TICKET_CHARACTERS) for _ in range(_TICKET_LENGTH))
