from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import Run
from loopback import picture_reply, reply, serving


@pytest.fixture
def home(environment: dict[str, str]) -> Path:
    folder = Path(environment["LIMNER_HOME"])
    folder.mkdir(exist_ok=True)
    return folder


def test_all_is_well_where_nothing_is_named(limner: Run) -> None:
    ended = limner("models", "doctor")
    assert (ended.code, ended.out, ended.err) == (0, "", "No model of yours is ending or gone.\n")


def test_a_dead_model_in_the_settings_is_told_with_its_heir(limner: Run, home: Path) -> None:
    (home / "config.toml").write_text(
        '[connections.google]\nmodel = "gemini-2.0-flash-preview-image-generation"\n', encoding="utf-8"
    )
    ended = limner("models", "doctor")
    assert ended.code == 1
    assert "gemini-2.0-flash-preview-image-generation: gone" in ended.out
    assert "connection 'google' in" in ended.out
    assert "shut down on 2025-11-14 (announced: " in ended.out
    assert "Use gemini-" in ended.out


def test_a_workflow_is_read_with_its_comments_and_lines(limner: Run, here: Path) -> None:
    (here / "workflow.json").write_text(
        '{\n  // the founding example\n  "model": "gemini-2.5-flash-image-preview",\n'
        '  "stages": [{"model": "gemini-nano-banana-2.1"}, {"model": "gemini-nano-bananna-2.1"}]\n}\n',
        encoding="utf-8",
    )
    ended = limner("models", "doctor", "workflow.json", "--json")
    uses = {use["where"]: use for use in ended.document["uses"]}
    assert ended.code == 1
    assert uses["workflow.json:3"]["state"] == "gone"
    assert uses["workflow.json:4"]["near"][0] == "gemini-nano-banana-2.1"
    assert len(limner("models", "doctor", "workflow.json", "--json", "--all").document["uses"]) == 3
    assert limner("models", "doctor", "missing.json").code == 2


def test_the_history_tells_how_often_and_when_last(limner: Run, home: Path) -> None:
    with serving(reply(picture_reply())) as relay:
        (home / "config.toml").write_text(
            f'[connections.relay]\nbase_url = "{relay.url}"\nkey_env = "RELAY_KEY"\n', encoding="utf-8"
        )
        model = "gemini-2.5-flash-image"
        for _ in range(2):
            assert limner("generate", "a fox", "-c", "relay", "-m", model, RELAY_KEY="k-1234567890").code == 0
    ended = limner("models", "doctor")
    assert f"{model}: ending" in ended.out
    assert "history: 2 calls on relay, the last on 20" in ended.out
    assert "This is a relay, which may serve it for longer." in ended.out
    assert ended.code == 0


def test_a_conversation_names_its_model(limner: Run) -> None:
    assert limner("chat", "a fox", "-c", "sandbox", "-m", "gemini-3.1-flash-image").code == 0
    ended = limner("models", "doctor")
    assert "conversation " in ended.out
    assert "gemini-3.1-flash-image: " in ended.out
