"""No small and no withheld number can be calculated from the shown ones; every sum is tried."""

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from app.reports.disclosure_control import SMALLEST, Counted, Shown, protect

Sum = tuple[Mapping[tuple[str, ...], int], int]
"""An equation that a reader knows: coefficients of withheld numbers, and their sum."""


def whole(counts: Mapping[str, int]) -> Counted:
    return Counted(
        sum(counts.values()), {"s": {name: Counted(count) for name, count in counts.items()}}
    )


def parts(counts: Mapping[str, int]) -> dict[str, int | None]:
    return {name: part.count for name, part in protect(whole(counts)).splits["s"].items()}


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Counted:
    """A consistent tree of numbers with up to two splits of each."""
    count = draw(st.integers(0, 60) | st.integers(0, 9))
    return draw(_tree(count, depth))


@st.composite
def _tree(draw: st.DrawFn, count: int, depth: int) -> Counted:
    splits = {}
    for number in range(draw(st.integers(0, 2)) if depth else 0):
        names = [f"p{place}" for place in range(draw(st.integers(2, 4)))]
        cuts = sorted(
            draw(st.lists(st.integers(0, count), min_size=len(names) - 1, max_size=len(names) - 1))
        )
        sizes = [after - before for before, after in zip([0, *cuts], [*cuts, count], strict=True)]
        splits[f"s{number}"] = {
            name: draw(_tree(size, depth - 1)) for name, size in zip(names, sizes, strict=True)
        }
    return Counted(count, splits)


def equations(true: Counted, shown: Shown, at: tuple[str, ...] = ()) -> Iterator[Sum]:
    """The equations that a reader knows: a number less each of its splits is zero, and the shown
    numbers are known.
    """
    for split, every in true.splits.items():
        terms = {(*at, split, part): 1 for part in every} | {at: -1}
        known = {(*at, split, part): find(shown.splits[split], part) for part in every} | {
            at: shown.count
        }
        value = -sum(
            sign * count for place, sign in terms.items() if (count := known[place]) is not None
        )
        yield {place: sign for place, sign in terms.items() if known[place] is None}, value
        for part, inner in every.items():
            if part in shown.splits[split]:
                yield from equations(inner, shown.splits[split][part], (*at, split, part))


def find(split: Mapping[str, Shown], part: str) -> int | None:
    """The number as a reader interprets it: a part that is left out is zero."""
    return split[part].count if part in split else 0


def sums(known: list[Sum]) -> Iterator[Sum]:
    """Every sum in which each equation is added, left out or subtracted."""
    for signs in product((-1, 0, 1), repeat=len(known)):
        total: dict[tuple[str, ...], int] = {}
        value = 0
        for sign, (terms, right) in zip(signs, known, strict=True):
            for place, factor in terms.items():
                total[place] = total.get(place, 0) + sign * factor
            value += sign * right
        yield {place: factor for place, factor in total.items() if factor}, value


def gives_away(terms: Mapping[tuple[str, ...], int], value: int) -> bool:
    """Whether a sum of withheld numbers reveals one: it has one term, or is small."""
    if not terms:
        return False
    alike = all(factor > 0 for factor in terms.values()) or all(
        factor < 0 for factor in terms.values()
    )
    return len(terms) == 1 or (alike and abs(value) < SMALLEST)


@given(trees())
def test_no_withheld_number_can_be_calculated(tree: Counted):
    informative = [(terms, value) for terms, value in equations(tree, protect(tree)) if terms]
    for start in range(max(1, len(informative) - 6)):
        for terms, value in sums(informative[start : start + 7]):
            assert not gives_away(terms, value), (terms, value)


def every(shown: Shown) -> Iterator[int | None]:
    yield shown.count
    for split in shown.splits.values():
        for part in split.values():
            yield from every(part)


@given(trees())
def test_no_small_number_is_shown(tree: Counted):
    assert all(count is None or count >= SMALLEST for count in every(protect(tree)))


@given(trees())
def test_shown_numbers_are_unchanged(tree: Counted):
    def check(true: Counted, shown: Shown) -> None:
        assert shown.count in (None, true.count)
        for name, split in shown.splits.items():
            for part, inner in true.splits[name].items():
                if part in split:
                    check(inner, split[part])
                else:
                    assert inner.count == 0

    check(tree, protect(tree))


def test_the_search_for_sums_finds_a_number_that_a_naive_report_reveals():
    """That the property above can fail."""
    naive = Shown(20, {"s": {"a": Shown(17, {}), "b": Shown(None, {})}})
    assert any(
        gives_away(*found) for found in sums(list(equations(whole({"a": 17, "b": 3}), naive)))
    )
    zero = Shown(20, {"s": {"a": Shown(None, {}), "b": Shown(None, {}), "c": Shown(18, {})}})
    assert any(
        gives_away(*found)
        for found in sums(list(equations(whole({"a": 1, "b": 1, "c": 18}), zero)))
    )


def test_a_small_part_is_withheld_with_the_smallest_other_part():
    assert parts({"a": 3, "b": 9, "c": 20}) == {"a": None, "b": None, "c": 20}


def test_zeros_are_withheld_with_the_small_parts_of_a_split():
    assert parts({"a": 3, "b": 9, "c": 0}) == {"a": None, "b": None, "c": None}
    assert parts({"a": 12, "b": 9, "c": 0}) == {"a": 12, "b": 9}


def test_a_guarded_split_withholds_zeros():
    tree = Counted(9, {"s": {"a": Counted(9), "b": Counted(0)}}, guarded=frozenset({"s"}))
    assert {name: part.count for name, part in protect(tree).splits["s"].items()} == {
        "a": None,
        "b": None,
    }


def test_small_parts_with_a_small_sum_are_withheld_with_another_part():
    assert parts({"a": 1, "b": 1, "c": 8, "d": 30}) == {"a": None, "b": None, "c": None, "d": 30}


def test_a_small_total_is_withheld_with_all_its_splits():
    assert parts({"a": 4, "b": 0}) == {"a": None, "b": None}


def test_splits_of_a_withheld_part_are_withheld():
    inner = Counted(9, {"t": {"x": Counted(9), "y": Counted(0)}})
    shown = protect(Counted(30, {"s": {"a": Counted(2), "b": inner, "c": Counted(19)}}))
    assert [part.count for part in shown.splits["s"]["b"].splits["t"].values()] == [None, None]
