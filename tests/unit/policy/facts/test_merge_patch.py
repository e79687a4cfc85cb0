"""Changes are merged into a facts object as JSON Merge Patch says."""

from app.policy.facts.merge_patch import merge


def test_objects_are_merged_lists_are_replaced_and_null_removes():
    before = {"how": {"amount": "no", "secure": "yes"}, "items": [1, 2], "urgency": "urgent"}
    after = merge(
        before,
        {"how": {"amount": "yes"}, "items": [3], "urgency": None, "risk": {"immediate_risk": "no"}},
    )
    assert after == {
        "how": {"amount": "yes", "secure": "yes"},
        "items": [3],
        "risk": {"immediate_risk": "no"},
    }
    assert before["how"] == {"amount": "no", "secure": "yes"}
