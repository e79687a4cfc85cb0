"""An invalid setting stops the start; the message names it and the remedy, never its value."""

from pathlib import Path

import pytest

from app.platform.settings import PREFIX, InvalidSettings, Settings, read_settings

SECRET = "postgresql://user:hunter2@host/db"


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as refused:
        read_settings()
    return refused.value.detail


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_misspelt_setting_is_reported_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    misspelt = f"{PREFIX}{name.upper()}X"
    said = refusal(monkeypatch, **{misspelt: "1"})
    assert said == f"{misspelt} is not a setting; did you mean {PREFIX}{name.upper()}?"


def test_every_unknown_setting_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, SHARING_DATABASE_ULR=SECRET, SHARING_QQQQQQQQ="2")
    assert "SHARING_DATABASE_ULR is not a setting; did you mean SHARING_DATABASE_URL?" in said
    assert "SHARING_QQQQQQQQ is not a setting" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHARING_SCHOOL", "12345"),
        ("SHARING_PUBLIC_URL", "ftp://hunter2"),
        ("SHARING_DATABASE_POOL", "0"),
        ("SHARING_DATABASE_POOL", "many hunter2"),
        ("SHARING_LOG_LEVEL", "hunter2"),
        ("SHARING_DOCS", "perhaps hunter2"),
        ("SHARING_ISSUERS", '[{"issuer": "hunter2"}]'),
    ],
)
def test_an_invalid_value_is_reported_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    said = refusal(monkeypatch, **{name: value})
    assert name in said
    assert "hunter2" not in said


def test_a_list_that_is_not_json_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, SHARING_CORS_ORIGINS="https://hunter2.example")
    assert "JSON" in said
    assert "hunter2" not in said


def test_without_variables_every_setting_has_its_default() -> None:
    assert read_settings() == Settings()
    assert read_settings().sqlite_file == Path("data/sharing.db")


def test_a_variable_is_read_and_an_empty_one_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SHARING_SCHOOL": "654321",
        "SHARING_PUBLIC_URL": "https://a.example/",
        "SHARING_LOG_LEVEL": "",
    }.items():
        monkeypatch.setenv(name, value)
    found = read_settings()
    assert (found.school, found.public_url, found.log_level) == (
        "654321",
        "https://a.example",
        Settings().log_level,
    )


def test_a_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sharing_database_url").write_text(SECRET + "\n")
    monkeypatch.setenv("SHARING_SECRETS_DIR", str(tmp_path))
    assert read_settings().database_url == SECRET
    assert "hunter2" not in repr(read_settings())


def test_a_missing_folder_of_secrets_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "SHARING_SECRETS_DIR" in refusal(
        monkeypatch, SHARING_SECRETS_DIR=str(tmp_path / "missing")
    )
