"""Create identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by time and reveal nothing about a
person.
"""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(now: datetime) -> UUID:
    """Create a UUIDv7 for the instant `now`: 48 bits of milliseconds, 12 bits of the fraction of a
    millisecond (method 3), 62 random bits.
    """
    micros = int(now.timestamp()) * 1_000_000 + now.microsecond
    millis, rest = divmod(micros, 1000)
    value = (
        (millis & (1 << 48) - 1) << 80
        | 0x7 << 76
        | (rest * 4096 // 1000) << 64
        | 0b10 << 62
        | secrets.randbits(62)
    )
    return UUID(int=value)
