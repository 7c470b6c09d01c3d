"""Names for new things: unique everywhere for stays and passages, short enough to read out for tickets."""

import secrets
import uuid

from lot_server.domain.ticket import TICKET_CHARACTERS, TICKET_LENGTH


def new_id() -> str:
    """32 hex digits that nobody else will draw."""
    return uuid.uuid4().hex


def new_ticket_id() -> str:
    """Ten characters none of which is taken for another; 49 bits, so that no ticket can be guessed from another."""
    return "".join(secrets.choice(TICKET_CHARACTERS) for _ in range(TICKET_LENGTH))
