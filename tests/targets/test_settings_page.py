"""The examples of the page about storage targets are ones that the program takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from limner import config
from limner.targets.settings import read_target

PAGE = Path(__file__).parent.parent.parent / "docs" / "storage.md"
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_every_kind_has_an_example() -> None:
    tables = [table for text in EXAMPLES for table in tomllib.loads(text)["targets"].values()]
    assert {table["kind"] for table in tables} == {"folder", "s3", "gcs", "firebase"}


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    targets = config.load({"LIMNER_HOME": str(tmp_path)}).targets
    assert [read_target(name, fields).name for name, fields in targets.items()] == list(targets)
