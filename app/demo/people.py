"""Define the people of the invented school."""

from dataclasses import dataclass

from app.identity.model import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The members of staff who act in the stories."""

    teacher: Actor
    counsellor: Actor
    office: Actor
    dsl: Actor
    deputy: Actor
    ig_lead: Actor
    mis: Actor
