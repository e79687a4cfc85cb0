"""An impact assessment as a page for governors, with the most serious changes first. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.kernel.canonical import encode
from app.platform.documents.page import Block, Bullets, Grid, Page, Pairs, Paragraph, Section

MARKING: Final = (
    "For governors and information governance leads. This page has no names and nothing about any"
    " child."
)

_WORDS: Final[Mapping[str, str]] = {
    "share": "Share",
    "share_emergency": "Share in an emergency",
    "do_not_share": "Do not share",
    "seek_advice": "Seek advice",
    "not_known": "Not known",
}
LONGEST: Final = 400
MOST: Final = 200
"""The most rows shown of a list; the JSON form has all."""


def page(shown: Mapping[str, Any]) -> Page:
    """The assessment as a page."""
    head = Pairs(
        (
            ("Version assessed", _version(shown["policy"])),
            ("Compared with", _version(shown["against"])),
            ("Requested", str(shown["asked_at"])),
            ("Past requests assessed", f"{shown['done']} of {shown['total']}"),
        )
    )
    return Page(
        title="What the next policy would change",
        marking=MARKING,
        head=head,
        sections=tuple(_sections(shown)),
    )


def _version(of: Mapping[str, str]) -> str:
    return f"{of['version']} ({of['digest']})"


def _sections(shown: Mapping[str, Any]) -> Iterator[Section]:
    if shown["replay"] is None:
        words = {
            "running": (
                f"The assessment is still running. {shown['done']} of {shown['total']} requests are"
                " done. Ask again in a moment."
            ),
            "failed": "The assessment stopped before it finished. Ask for it again.",
        }
        yield Section("Not finished", (Paragraph(words.get(shown["status"], words["failed"])),))
        return
    replay, difference = shown["replay"], shown["difference"]
    yield Section("In short", tuple(_short(replay, difference)))
    yield Section("Past requests under both versions", tuple(_replayed(replay)))
    yield Section("What the rules decide", tuple(_tables(difference["tables"])))
    yield Section("Words and numbers", (_edits(difference["edits"]),))


def _short(replay: Mapping[str, Any], difference: Mapping[str, Any]) -> Iterator[Block]:
    yield Bullets(
        (
            _many(
                replay["leaves_emergency"],
                "past request would stop being an emergency share",
                "would stop being emergency shares",
            ),
            _many(
                replay["share_to_refusal"],
                "past request that was to be shared would be refused",
                "that were to be shared would be refused",
            ),
            (
                f"{replay['changed']} of {replay['requests']} past requests would have a different"
                " outcome."
            ),
            (
                "Past requests with an outcome that is not known, because a question was not asked"
                f" at the time: {replay['not_known']}."
            ),
            f"Past requests that someone else would decide: {replay['other_deciders']}.",
            (
                "Tables of rules that give a different result in some cases:"
                f" {sum(table['changed'] > 0 for table in difference['tables'])}."
            ),
            f"Places in the document that are different: {len(difference['edits'])}.",
        )
    )


def _many(number: int, one: str, more: str) -> str:
    return (
        "No " + one + "."
        if not number
        else f"{number} {one}."
        if number == 1
        else f"{number} past requests {more}."
    )


def _replayed(replay: Mapping[str, Any]) -> Iterator[Block]:
    outcomes = list(replay["matrix"])
    rows = tuple(
        (_WORDS[before], *(str(replay["matrix"][before][after]) for after in outcomes))
        for before in outcomes
    )
    head = ("Before (rows) and after (columns)", *(_WORDS[outcome] for outcome in outcomes))
    yield Grid(caption="Outcomes of past requests", head=head, rows=rows)
    if replay["changes"]:
        yield _requests(
            "Requests that would have a different outcome, most serious first", replay["changes"]
        )
    if replay["unknown"]:
        yield _requests("Requests with an outcome that is not known", replay["unknown"])
    if replay["actions"]:
        more = tuple(
            (row["code"].replace("_", " "), str(row["asked_more"]), str(row["asked_less"]))
            for row in replay["actions"]
        )
        yield Grid(
            caption="What people would be asked to do",
            head=("Action", "Requests where it is added", "Requests where it is removed"),
            rows=more,
        )


def _requests(caption: str, rows: Sequence[Mapping[str, Any]]) -> Grid:
    more = f" ({MOST} of {len(rows)} shown)" if len(rows) > MOST else ""
    return Grid(
        caption=caption + more,
        head=(
            "Request",
            "Before",
            "After",
            "First question that differs",
            "What the person decided",
        ),
        rows=tuple(
            (
                row["request"],
                _stands(row["before"]),
                _stands(row["after"]),
                _parts(row),
                _decided(row),
            )
            for row in rows[:MOST]
        ),
    )


def _stands(side: Mapping[str, str]) -> str:
    return (
        f"{_WORDS[side['outcome']]}, decided by {side['decided_at'].replace('_', ' ')}. Release:"
        f" {side['release'].replace('_', ' ')}"
    )


def _parts(row: Mapping[str, Any]) -> str:
    return (
        "not known: " + ", ".join(row["facts"]).replace("_", " ")
        if "facts" in row
        else row["parts_at"].replace("_", " ")
    )


def _decided(row: Mapping[str, Any]) -> str:
    decided = "not decided" if row["decision"] is None else row["decision"].replace("_", " ")
    return decided + (" (against the recommendation)" if row["departs"] else "")


def _tables(tables: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not tables:
        yield Paragraph("Every table gives the same result, in the same words.")
    for table in tables:
        name = table["table"].strip("/").replace("/", ": ").replace("_", " ")
        reworded = f", and {table['reworded']} change only in wording" if table["reworded"] else ""
        yield Paragraph(
            f"{name}: {table['changed']} of {table['combinations']} combinations have a"
            f" different result{reworded}."
        )
        if table["changes"]:
            yield Bullets(
                tuple(
                    f"{change['in_words']} ({change['combinations']})"
                    for change in table["changes"][:MOST]
                )
            )


def _edits(edits: Sequence[Mapping[str, Any]]) -> Block:
    if not edits:
        return Paragraph("The documents mean the same.")
    return Grid(
        caption="Places that are different",
        head=("Place", "Before", "After"),
        rows=tuple(
            (edit["pointer"], _value(edit["before"]), _value(edit["after"])) for edit in edits
        ),
    )


def _value(value: Any) -> str:
    text = (
        "nothing" if value is None else value if isinstance(value, str) else encode(value).decode()
    )
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
