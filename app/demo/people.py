"""The people of the invented school."""

from dataclasses import dataclass

from app.identity.model import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who works at the school."""

    teacher: Actor
    counsellor: Actor
    office: Actor
    dsl: Actor
    deputy: Actor
    ig_lead: Actor
    mis: Actor
