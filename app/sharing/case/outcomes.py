"""The outcomes that a person can decide. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may be."""


class DecisionOutcome(StrEnum):
    """What a person can decide. Stored for ever: add members, never rename or reuse one."""

    SHARE = "share"
    SHARE_PARTIALLY = "share_partially"
    DO_NOT_SHARE = "do_not_share"
    SHARE_EMERGENCY = "share_emergency"


PERMITTING: Final = frozenset(
    {DecisionOutcome.SHARE, DecisionOutcome.SHARE_PARTIALLY, DecisionOutcome.SHARE_EMERGENCY}
)
