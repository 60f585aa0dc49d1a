from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.running import Ended, Run

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


def findings(ended: Ended) -> dict[str, Any]:
    return {finding["topic"]: finding for finding in ended.document["findings"]}


def test_a_fresh_installation_is_healthy(limner: Run) -> None:
    ended = limner("doctor")
    assert ended.code == 0
    assert ended.err == "Everything needed works.\n"
    assert "needs none, the default" in ended.out


def test_every_part_is_looked_at(limner: Run) -> None:
    topics = set(findings(limner("doctor", "--json")))
    assert {"limner", "settings", "data", "journal", "keyring", "key of google", "models", "preview"} <= topics
    assert {"clipboard", "fonts"} <= topics


def test_a_missing_key_of_the_default_connection_is_a_problem_with_its_fix(limner: Run) -> None:
    limner("connections", "add", "comet", "--preset", "cometapi")
    ended = limner("doctor", "--json")
    assert ended.code == 1
    found = findings(ended)["key of comet"]
    assert found["state"] == "problem"
    assert found["fix"] == "Set COMETAPI_KEY, or: limner connections set-key comet"


def test_a_found_key_is_told_by_its_source_and_never_shown(limner: Run) -> None:
    for ended in (limner("doctor", GEMINI_API_KEY=CANARY), limner("doctor", "--json", GEMINI_API_KEY=CANARY)):
        assert "from environment variable GEMINI_API_KEY, the default" in ended.out
        assert CANARY not in ended.out + ended.err
        assert "image models have no free tier at Google" in ended.out


def test_broken_settings_are_the_finding_not_a_crash(limner: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("colour = 1\n")
    ended = limner("doctor")
    assert ended.code == 1
    assert "unknown setting 'colour'" in ended.out


def test_a_broken_journal_is_the_finding_with_what_to_do_first(limner: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "limner.db").write_bytes(b"this is no database" * 100)
    ended = limner("doctor")
    assert ended.code == 1
    assert "problem" in ended.out
    assert "Traceback" not in ended.err


def test_a_data_folder_that_cannot_be_made_is_the_finding(limner: Run, here: Path) -> None:
    (here / "file").write_text("")
    ended = limner("doctor", LIMNER_HOME=str(here / "file" / "home"))
    assert ended.code == 1
    assert "LIMNER_HOME" in ended.out


def test_a_proxy_of_the_environment_is_told_to_be_unused(limner: Run) -> None:
    assert "Limner does not use it" in limner("doctor", HTTPS_PROXY="http://127.0.0.1:3128").out


def test_online_asks_each_provider_that_has_a_key(limner: Run) -> None:
    limner(
        "connections", "add", "gone", "--preset", "new-api", "--base-url", "http://127.0.0.1:1", "--key-env", "GONE_KEY"
    )
    ended = limner("doctor", "--online", "--json", GONE_KEY=CANARY)
    assert ended.code == 1
    found = findings(ended)
    assert found["gone online"]["state"] == "problem"
    assert "google online" not in found


def test_one_flipped_bit_in_a_stored_picture_is_found_by_name(limner: Run, tmp_path: Path) -> None:
    limner("generate", "a cat", "--size", "512", "--seed", "1")
    assert limner("doctor", "--verify").code == 0
    (blob,) = (path for path in (tmp_path / "home" / "blobs").rglob("*") if path.is_file())
    data = bytearray(blob.read_bytes())
    data[1000] ^= 1
    blob.write_bytes(data)
    ended = limner("doctor", "--verify", "--json")
    assert ended.code == 1
    found = findings(ended)
    assert blob.parent.name + blob.name[:10] in found["picture"]["text"]
    assert found["pictures"]["text"] == "0 of 1 are as they came"


def test_the_journal_is_private(limner: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    limner("history")
    assert (tmp_path / "home" / "limner.db").stat().st_mode & 0o077 == 0
