from __future__ import annotations

from pathlib import Path

import pytest

from limner.core.secret import Secret
from limner.errors import ConfigError
from limner.server.background import BackgroundServer
from limner.server.settings import ServeSettings
from server.flowing import FILLED, FORM, PICTURE, TOKEN, owned


def test_a_request_that_takes_too_long_is_broken_off_at_the_end_and_said_to_be(tmp_path: Path) -> None:
    with owned(tmp_path / "home", drain_s=1.0) as owner:
        run = owner.begin(inputs={FORM: {"userPrompt": "A fox in the snow [[slow:300]]"}})
        owner.heard(run, lambda told: told.name == "stage.status" and told.data["status"] == "running")
    with owned(tmp_path / "home") as owner:
        stage = owner.ended(run)["stages"][PICTURE]
    (attempt,) = stage["attempts"]
    assert attempt["outcome"] in ("cancelled", "failed", "interrupted")
    assert stage["status"] in ("ready", "error")


def test_once_the_end_has_begun_nothing_is_begun(tmp_path: Path) -> None:
    with owned(tmp_path / "home") as owner:
        flows = owner.server._server.context.flows
        assert flows is not None
        flows.close()
        status, error = owner.refused("runs", {"inputs": FILLED})
        assert (status, error["code"]) == (503, "server.busy")


def test_a_second_server_with_workflows_in_one_process_says_why_it_cannot_be(tmp_path: Path) -> None:
    settings = ServeSettings(workflows_token=Secret(TOKEN))
    with (
        owned(tmp_path / "home"),
        pytest.raises(ConfigError, match="job database") as caught,
        BackgroundServer(tmp_path / "other", settings),
    ):
        pass
    assert caught.value.code == "config.jobs"
