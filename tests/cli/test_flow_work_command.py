"""`limner run --detach` and `limner work`: begun in one process, made in another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from limner.app import App
from limner.runner.workflows import Workflows

pytestmark = pytest.mark.slow

POSTER = {
    "id": "poster",
    "name": "Poster",
    "stages": [
        {"id": "words", "title": "Words", "outputType": "text", "promptTemplate": "Write a slogan for bread."},
        {
            "id": "poster",
            "title": "Poster",
            "outputType": "image_output",
            "promptTemplate": "A poster that says {{words.output | quote}}",
            "dependencies": ["words"],
            "imageGenerationSettings": {"imageSize": "512"},
        },
    ],
}


def limner(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "limner", *words],
        env={"LIMNER_HOME": str(home), "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_that_was_only_begun_is_made_by_a_worker_which_stops_well(tmp_path: Path) -> None:
    file = tmp_path / "poster.workflow.json"
    file.write_text(json.dumps(POSTER), encoding="utf-8")
    home = tmp_path / "home"
    begun = limner(home, "run", str(file), "--detach")
    run_id, told = begun.communicate(timeout=60)
    assert begun.returncode == 0, told
    worker = limner(home, "work")
    assert worker.stderr is not None
    assert "Working for sandbox" in worker.stderr.readline()
    with App.open({"LIMNER_HOME": str(home)}) as app:
        flows = Workflows(app)
        changed = flows.live.changed
        while flows.document(run_id.strip())["status"] == "running":
            with changed:
                changed.wait(0.1)
        document = flows.document(run_id.strip())
    assert document["status"] == "completed"
    assert len(document["result"]["images"]) == 1
    worker.send_signal(signal.SIGTERM)
    _, rest = worker.communicate(timeout=60)
    assert (worker.returncode, rest.splitlines()[-1]) == (0, "Stopped.")
