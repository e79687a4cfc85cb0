"""Every policy that ever shipped can be loaded, so that evaluations under it can be repeated."""

from app.policy.document import loader as document_loader
from app.policy.lifecycle import in_force

SHIPPED_SO_FAR = {
    "sha256:acd6c838b641e924a04fd931796cec0bf79edaa1ad618d4d06718641e40e8bde": "2025-11"
}
"""The digest of every policy that a release shipped, with the name of its version. Only ever added
to."""


def ships() -> dict[str, str]:
    """Every version that ships, by digest; reading one proves that its bytes still mean what its
    name says.
    """
    named = {f"sha256:{file.stem}": file.read_bytes() for file in in_force.EARLIER.glob("*.yaml")}
    found = [
        in_force.shipped(),
        *(document_loader.load_accepted(source, digest) for digest, source in named.items()),
    ]
    return {policy.digest: policy.version for policy in found}


def test_every_policy_that_ever_shipped_can_be_loaded():
    lost = sorted(SHIPPED_SO_FAR.keys() - ships().keys())
    assert not lost, (
        f"{', '.join(lost)} can no longer be found, and requests were judged under it. Put the"
        " bytes that app/policy/default.yaml had in the release (git show"
        " TAG:app/policy/default.yaml) into app/policy/shipped/, named by these digits and .yaml"
    )


def test_every_shipped_policy_is_listed_here():
    new = sorted(ships().items() - SHIPPED_SO_FAR.items())
    assert not new, f"add to SHIPPED_SO_FAR, from which nothing is ever taken: {new}"
