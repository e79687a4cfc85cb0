"""The guide for reviewing the policy, run word for word: its code blocks run in a shell, in order,
against a real server.
"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.running import LiveServer

pytestmark = pytest.mark.database_independent

GUIDE = Path("docs/guides/reviewing-the-policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
PASSWORDS = ("correct horse battery staple", "another horse battery staple")


@pytest.mark.live
def test_the_guide_leads_from_a_copy_to_a_policy_in_force(live_server: LiveServer, tmp_path: Path):
    for account, password in zip(
        re.findall(r"^ACCOUNT=(\S+)$", GUIDE, re.MULTILINE), PASSWORDS, strict=True
    ):
        made = live_server.run(
            "users", "add", account, "--role", "ig_lead", "--password-stdin", stdin=password + "\n"
        )
        assert made.returncode == 0, made.stderr
    assert len(BLOCKS) > 10
    script = "\n".join(f"echo; echo '### {number}'\n{block}" for number, block in enumerate(BLOCKS))
    script = script.replace("SERVICE=http://127.0.0.1:8000", f"SERVICE={live_server.url}")
    (tmp_path / "guide.sh").write_text(script, encoding="utf-8")

    done = subprocess.run(
        ["bash", "guide.sh"],
        cwd=tmp_path,
        input="\n".join(PASSWORDS) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    said = dict(re.findall(r"### (\d+)\n(.*?)(?=\n### |\Z)", done.stdout, re.DOTALL))
    told = list(said.values())
    assert done.stderr.replace(PASSWORDS[0], "") == "" or "Password of" in done.stderr, done.stderr
    assert sum("signed in" in text for text in told) == 2, done.stdout
    draft = re.findall(
        r"sha256:[0-9a-f]{64}", next(text for text in told if '"status":"draft"' in text)
    )[0]
    slip = next(text for text in told if '"code":"invalid-policy"' in text)
    promised = re.search(r"^```text\n(line .*)\n```$", GUIDE, re.MULTILINE)
    assert promised is not None
    assert promised[1] in slip
    assert '"status":"in_force"' in told[-2]
    assert told[-1].lstrip().startswith(draft)
    drafted = (tmp_path / "draft.yaml").read_text(encoding="utf-8")
    assert re.search(
        r"\[\{start: 2025-11-01, value: 10\}, \{start: [0-9-]{10}, value: 12\}\]", drafted
    ), "the old value is left"
    for name, begins in (
        ("in-force.html", b"<!DOCTYPE"),
        ("in-force.pdf", b"%PDF"),
        ("in-force.svg", b"<svg"),
        ("draft.pdf", b"%PDF"),
    ):
        assert (tmp_path / name).read_bytes().startswith(begins), name
    for name, words in (
        ("draft.html", "Draft: no one has approved this version"),
        ("difference.html", "The outcome is the same for every combination of answers"),
        ("impact.html", "2026-12"),
    ):
        assert words in (tmp_path / name).read_text(encoding="utf-8"), name
