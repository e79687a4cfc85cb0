"""What comes in and goes out over HTTP for sharing requests, by topic."""

from app.sharing.schemas.attention import AttentionOut, AttentionQuery
from app.sharing.schemas.decisions import DecideIn, DecisionOut, DiscloseIn, DisclosureOut
from app.sharing.schemas.emergency import EmergencyIn, EmergencyOut
from app.sharing.schemas.life import (
    AnswerAdviceIn,
    LetterIn,
    NotifyIn,
    ReconsiderIn,
    RecordConsentIn,
    SeekAdviceIn,
    WithdrawConsentIn,
)
from app.sharing.schemas.parts import Body, RecordOut, RetentionOut, Short, TaskOut, Text, WhyIn
from app.sharing.schemas.requests import (
    AmendIn,
    AskIn,
    EvaluateIn,
    ListQuery,
    PageOut,
    RecordedEvaluationOut,
    RequestOut,
    SummaryOut,
)

__all__ = [
    "AmendIn",
    "AnswerAdviceIn",
    "AskIn",
    "AttentionOut",
    "AttentionQuery",
    "Body",
    "DecideIn",
    "DecisionOut",
    "DiscloseIn",
    "DisclosureOut",
    "EmergencyIn",
    "EmergencyOut",
    "EvaluateIn",
    "LetterIn",
    "ListQuery",
    "NotifyIn",
    "PageOut",
    "ReconsiderIn",
    "RecordConsentIn",
    "RecordOut",
    "RecordedEvaluationOut",
    "RequestOut",
    "RetentionOut",
    "SeekAdviceIn",
    "Short",
    "SummaryOut",
    "TaskOut",
    "Text",
    "WhyIn",
    "WithdrawConsentIn",
]
