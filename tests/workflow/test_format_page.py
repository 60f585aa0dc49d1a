from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from limner._json import JsonValue
from limner.workflow.failure import KINDS
from limner.workflow.filters import ARGUMENTS
from limner.workflow.forms import FieldCode
from limner.workflow.schema import open_schema

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "workflow-format.md").read_text(encoding="utf-8")
FIRST_CELLS = set(re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE))


def test_every_diagnostic_code_is_explained_and_no_other() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "limner" / "workflow").glob("*.py"))
    used = set(re.findall(r'"([EWI][0-9]{3})"', source))
    assert len(used) > 35
    assert {cell for cell in FIRST_CELLS if re.fullmatch("[EWI][0-9]{3}", cell)} == used


def test_every_field_of_the_schema_is_explained() -> None:
    assert set(properties(open_schema())) - {"target", "prefix"} - FIRST_CELLS == set()


def properties(schema: JsonValue) -> list[str]:
    if isinstance(schema, list):
        return [name for each in schema for name in properties(each)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("properties", {}) if schema.get("type") == "object" else {}
    return [*own, *(name for each in schema.values() for name in properties(each))]


def test_every_error_of_a_run_and_every_filter_is_explained() -> None:
    assert set(KINDS) <= FIRST_CELLS
    assert set(ARGUMENTS) <= {cell.partition(":")[0] for cell in FIRST_CELLS}


def test_every_code_of_a_field_is_named() -> None:
    assert [code for code in get_args(FieldCode) if f"`{code}`" not in PAGE] == []
