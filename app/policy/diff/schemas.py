"""Reply schemas for the comparison of two policy versions."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.policy.facts.examples import DIGEST_EXAMPLE


class ChangeOut(BaseModel):
    """Combinations of facts with one result before and another after."""

    before: dict[str, Any] = Field(
        description="The result of the table before.", examples=[{"may_decide": ["staff", "dsl"]}]
    )
    after: dict[str, Any] = Field(
        description="The result of the table after.", examples=[{"may_decide": ["dsl"]}]
    )
    combinations: int = Field(description="The number of combinations.", examples=[12])
    example: dict[str, str] = Field(
        description="One of the combinations.",
        examples=[{"outcome": "share", "purpose_code": "early_help"}],
    )
    in_words: str = Field(
        description="The change as a sentence.",
        examples=[
            (
                "When outcome is share, purpose_code is early_help: may decide staff or dsl becomes may"  # noqa: E501
                " decide dsl."
            )
        ],
    )


class TableOut(BaseModel):
    """The changes of one table, compared for every combination of the facts that it uses."""

    table: str = Field(description="The table's pointer in the document.", examples=["/authority"])
    combinations: int = Field(description="The number of all combinations.", examples=[288])
    changed: int = Field(
        description="The number of combinations with another result.", examples=[12]
    )
    reworded: int = Field(
        description="The number of combinations with the same result in other words.", examples=[0]
    )
    changes: list[ChangeOut] = Field(description="The changes, the most serious first.")


class EditOut(BaseModel):
    """A place at which the two documents differ."""

    pointer: str = Field(
        description="JSON pointer of the place.",
        examples=["/parameters/smallest_group/values/0/value"],
    )
    kind: Literal["added", "removed", "changed"] = Field(description="The kind of edit.")
    before: Any = Field(description="The value before; null if there was none.", examples=[10])
    after: Any = Field(description="The value after; null if there is none.", examples=[12])


class DifferenceOut(BaseModel):
    """Everything that differs between two versions; empty lists if they mean the same."""

    model_config = ConfigDict(populate_by_name=True)

    base: str = Field(alias="from", description="The version before.", examples=[DIGEST_EXAMPLE])
    to: str = Field(description="The version after.", examples=[DIGEST_EXAMPLE])
    tables: list[TableOut] = Field(
        description="The tables with another result, or with other words."
    )
    edits: list[EditOut] = Field(description="Every text, number and rule that differs.")
