from __future__ import annotations

import json
import pickle
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest

from limner import config, secrets
from limner.config import Connection, Settings
from limner.core.secret import Secret
from limner.errors import ConfigError

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


class Ring:
    """A keyring in memory, as the package `keyring` offers one."""

    name = "memory"

    def __init__(self, priority: float = 5) -> None:
        self.priority = priority
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class BrokenRing(Ring):
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("locked")


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)


def install(monkeypatch: pytest.MonkeyPatch, ring: Ring) -> Ring:
    module = ModuleType("keyring")
    monkeypatch.setattr(module, "get_keyring", lambda: ring, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", module)
    return ring


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load({"LIMNER_HOME": str(tmp_path / "home")})


COMET = config.make_connection("comet", {"preset": "cometapi"})


def test_the_sandbox_has_no_key(settings: Settings) -> None:
    assert secrets.find_key(config.SANDBOX, settings, {}) is None


def test_the_variable_of_the_connection_comes_first(settings: Settings) -> None:
    secrets.store_key(COMET, Secret("stored-key"), settings)
    found = secrets.find_key(COMET, settings, {"COMETAPI_KEY": f" {CANARY}\n"})
    assert found is not None
    assert found.secret.reveal() == CANARY
    assert found.source == "environment variable COMETAPI_KEY"


def test_google_takes_its_second_variable_when_the_first_is_empty(settings: Settings) -> None:
    found = secrets.find_key(config.GOOGLE, settings, {"GEMINI_API_KEY": "", "GOOGLE_API_KEY": CANARY})
    assert found is not None
    assert found.source == "environment variable GOOGLE_API_KEY"


def test_a_relay_never_gets_the_key_of_google(settings: Settings) -> None:
    assert secrets.find_key(COMET, settings, {"GEMINI_API_KEY": CANARY, "GOOGLE_API_KEY": CANARY}) is None


def test_a_working_keyring_keeps_the_key_and_no_file_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = install(monkeypatch, Ring())
    assert secrets.store_key(COMET, Secret(CANARY), settings).place == "keyring"
    assert ring.kept == {("limner", "comet https://api.cometapi.com"): CANARY}
    assert not settings.home.exists()
    found = secrets.find_key(COMET, settings, {})
    assert found is not None
    assert found.source == "the system's keyring"


@pytest.mark.parametrize("ring", [Ring(priority=0.5), BrokenRing()])
def test_a_keyring_that_is_plain_text_or_broken_is_not_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ring: Ring
) -> None:
    install(monkeypatch, ring)
    stored = secrets.store_key(COMET, Secret(CANARY), settings)
    assert stored.place == "file"
    assert str(settings.home / "keys.json") in stored.description
    assert ring.kept == {}


def test_moving_a_key_to_the_keyring_takes_it_out_of_the_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.store_key(COMET, Secret("old"), settings)
    install(monkeypatch, Ring())
    secrets.store_key(COMET, Secret(CANARY), settings)
    assert not (settings.home / "keys.json").exists()


def test_the_keys_file_is_private_says_that_it_is_secret_and_gives_the_key_back(settings: Settings) -> None:
    secrets.store_key(COMET, Secret(CANARY), settings)
    path = settings.home / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["note"].startswith("SECRET.")
    found = secrets.find_key(COMET, settings, {})
    assert found is not None
    assert found.secret.reveal() == CANARY
    assert found.source == str(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_keys_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    settings: Settings, mode: int
) -> None:
    secrets.store_key(COMET, Secret(CANARY), settings)
    path = settings.home / "keys.json"
    path.chmod(mode)
    with pytest.raises(ConfigError) as caught:
        secrets.find_key(COMET, settings, {})
    assert f"mode {mode:04o}" in caught.value.message
    assert f"chmod 600 {path}" in str(caught.value.hint)
    assert CANARY not in str(caught.value.to_json())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": []}', "not json", '{"keys": {"a"'])
def test_a_damaged_keys_file_is_an_error_not_an_absent_key(settings: Settings, text: str) -> None:
    settings.home.mkdir()
    path = settings.home / "keys.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(ConfigError, match="is not a keys file"):
        secrets.find_key(COMET, settings, {})


def test_a_stored_key_does_not_follow_the_connection_to_another_address(settings: Settings) -> None:
    secrets.store_key(COMET, Secret(CANARY), settings)
    moved = config.make_connection("comet", {"preset": "cometapi", "base_url": "https://evil.example"})
    assert secrets.find_key(moved, settings, {}) is None


def test_deleting_forgets_the_key_in_file_and_keyring(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.store_key(COMET, Secret(CANARY), settings)
    assert secrets.delete_key(COMET, settings)
    assert secrets.find_key(COMET, settings, {}) is None
    assert not secrets.delete_key(COMET, settings)
    ring = install(monkeypatch, Ring())
    secrets.store_key(COMET, Secret(CANARY), settings)
    assert secrets.delete_key(COMET, settings)
    assert ring.kept == {}


def test_other_keys_stay_when_one_is_deleted(settings: Settings) -> None:
    secrets.store_key(COMET, Secret("first-key"), settings)
    secrets.store_key(config.GOOGLE, Secret("second-key"), settings)
    secrets.delete_key(COMET, settings)
    found = secrets.find_key(config.GOOGLE, settings, {})
    assert found is not None
    assert found.secret.reveal() == "second-key"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("Bearer " + CANARY, "has a space in it"),
        (f'"{CANARY}"', "has quotation marks around it"),
        (CANARY + "\r\nX-Evil: 1", "has characters that no key has"),
        (CANARY + "…", "has characters that no key has"),
    ],
)
def test_what_cannot_be_a_key_is_refused_and_not_repeated(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        secrets.parse_key(text)
    assert problem in caught.value.message
    assert CANARY not in str(caught.value.to_json())


def test_a_bad_key_in_the_environment_names_the_variable(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="The variable COMETAPI_KEY has a space in it"):
        secrets.find_key(COMET, settings, {"COMETAPI_KEY": f"Bearer {CANARY}"})


def test_a_found_key_shows_nothing_of_itself(settings: Settings) -> None:
    found = secrets.find_key(COMET, settings, {"COMETAPI_KEY": CANARY})
    assert CANARY not in f"{found!r} {found}"
    with pytest.raises(TypeError):
        pickle.dumps(found)


def test_connections_hold_no_key(settings: Settings) -> None:
    assert "secret" not in Connection.__slots__
    assert CANARY not in repr(config.load({"LIMNER_HOME": str(settings.home), "GEMINI_API_KEY": CANARY}))
