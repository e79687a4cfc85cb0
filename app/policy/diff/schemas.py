"""What a comparison of two versions replies, as `app.policy.diff.diff` makes it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.policy.facts.examples import DIGEST_EXAMPLE


class ChangeOut(BaseModel):
    """Combinations of facts that come out in one way before and in another after."""

    before: dict[str, Any] = Field(
        description="What the table decides before.", examples=[{"may_decide": ["staff", "dsl"]}]
    )
    after: dict[str, Any] = Field(
        description="What it decides after.", examples=[{"may_decide": ["dsl"]}]
    )
    combinations: int = Field(description="In how many combinations.", examples=[12])
    example: dict[str, str] = Field(
        description="One of them.", examples=[{"outcome": "share", "purpose_code": "early_help"}]
    )
    in_words: str = Field(
        description="The same as a sentence.",
        examples=[
            (
                "When outcome is share, purpose_code is early_help: may decide staff or dsl becomes may"  # noqa: E501
                " decide dsl."
            )
        ],
    )


class TableOut(BaseModel):
    """What changed in one table, compared over every combination of the facts that it looks at."""

    table: str = Field(description="Its place in the document.", examples=["/authority"])
    combinations: int = Field(description="All combinations.", examples=[288])
    changed: int = Field(description="Those that are decided otherwise.", examples=[12])
    reworded: int = Field(
        description="Those in which the same is said in other words.", examples=[0]
    )
    changes: list[ChangeOut] = Field(description="What becomes what, the gravest first.")


class EditOut(BaseModel):
    """A place at which the two documents are not the same."""

    pointer: str = Field(
        description="JSON pointer.", examples=["/parameters/smallest_group/values/0/value"]
    )
    kind: Literal["added", "removed", "changed"]
    before: Any = Field(
        description="What stood there; null where there was nothing.", examples=[10]
    )
    after: Any = Field(description="What stands there; null where there is nothing.", examples=[12])


class DifferenceOut(BaseModel):
    """All that differs between two versions; empty lists when they mean the same."""

    model_config = ConfigDict(populate_by_name=True)

    base: str = Field(alias="from", description="The version before.", examples=[DIGEST_EXAMPLE])
    to: str = Field(description="The version after.", examples=[DIGEST_EXAMPLE])
    tables: list[TableOut] = Field(
        description="Tables that decide otherwise, or say it in other words."
    )
    edits: list[EditOut] = Field(description="Every text, number and rule that is not the same.")
