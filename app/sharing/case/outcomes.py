"""The outcomes that a person can decide. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

SKEW: Final = timedelta(minutes=5)
"""The largest accepted lead of a client's clock over the server's clock."""


class DecisionOutcome(StrEnum):
    """An outcome that a person can decide.

    Invariant: values are stored permanently; add members, never rename or reuse one.
    """

    SHARE = "share"
    SHARE_PARTIALLY = "share_partially"
    DO_NOT_SHARE = "do_not_share"
    SHARE_EMERGENCY = "share_emergency"


PERMITTING: Final = frozenset(
    {DecisionOutcome.SHARE, DecisionOutcome.SHARE_PARTIALLY, DecisionOutcome.SHARE_EMERGENCY}
)
