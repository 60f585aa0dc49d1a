"""The docs stay true: generated pages are fresh, examples run, links resolve, paths exist, codes are listed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from limner.cli.flow_end import EXIT_PERSON
from limner.cli.flow_inputs import MissingInputError
from limner.cli.main import ENTRIES, EXIT_FAULT
from limner.core.outcome import MEANINGS, OutcomeKind
from limner.errors import StorageError
from test_structure import MAY_IMPORT, ROOT, SOURCE, THIRD_PARTY, modules

DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
MAX_PICTURE_BYTES = 300_000
MAX_PICTURES_BYTES = 1_200_000

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(?:config|invalid|unsupported|storage|usage|workflow)\.[a-z_]+")
_DIAGNOSTIC = re.compile(r"[EWI]\d{3}")
"""A finding about a workflow file; docs/workflow-format.md lists them."""


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def without_code(page: Path) -> str:
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8")))


def pages_to_run() -> list[Path]:
    return [page for page in pages() if any(block.language in ("sh", "python") for block in blocks(page))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def environment(folder: Path) -> dict[str, str]:
    """The sandbox only: no key, a data folder of its own, `limner` on the PATH."""
    commands = folder / "bin"
    commands.mkdir()
    script = commands / "limner"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m limner "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "LIMNER_HOME": str(folder / "home"), "LANG": "C.UTF-8"}


def run_block(block: Block, folder: Path, variables: dict[str, str]) -> str:
    command = ["sh", "-e"] if block.language == "sh" else [sys.executable, "-"]
    done = subprocess.run(
        command, input=block.text, capture_output=True, text=True, cwd=folder, env=variables, timeout=60, check=False
    )
    assert done.returncode == 0, f"{block.text}\n{done.stderr}"
    return done.stdout


def promised_output(block: Block) -> list[str]:
    """What the comments behind the prints of a Python block say."""
    prints = [line for line in block.text.splitlines() if line.strip().startswith("print(")]
    assert all("  # " in line for line in prints), f"a print without a comment that says what it prints:\n{block.text}"
    return [line.partition("  # ")[2] for line in prints]


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_to_run(), ids=name_of)
def test_every_example_runs_and_prints_what_it_says(page: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path)
    folder = tmp_path / "here"
    folder.mkdir()
    for block in blocks(page):
        if block.language == "sh":
            run_block(block, folder, variables)
        elif block.language == "python":
            assert run_block(block, folder, variables).splitlines() == promised_output(block)


def test_the_pages_that_teach_have_examples() -> None:
    assert {"README.md", "docs/quickstart.md", "docs/library.md", "docs/sandbox.md", "docs/data-folder.md"} <= {
        name_of(page) for page in pages_to_run()
    }


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "python", "text", "toml"}
    assert [(name_of(page), block) for page in pages() for block in blocks(page) if block.language not in known] == []


def test_a_shell_example_never_holds_a_key() -> None:
    shell = [block.text for page in pages() for block in blocks(page) if block.language == "sh"]
    assert [text for text in shell if re.search(r"_KEY=|export \w+=", text)] == []


@pytest.mark.slow
def test_generated_pages_and_pictures_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def links() -> Iterator[tuple[Path, str]]:
    for page in pages():
        for target in _LINK.findall(without_code(page)):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def test_every_relative_link_leads_somewhere() -> None:
    found = list(links())
    broken = [
        (name_of(page), target)
        for page, target in found
        if not (page if target.startswith("#") else page.parent / target.partition("#")[0]).exists()
    ]
    assert len(found) > 60
    assert broken == []


def test_every_link_to_a_heading_finds_it() -> None:
    broken = []
    for page, target in links():
        path, _, anchor = target.partition("#")
        if anchor:
            goal = (page.parent / path) if path else page
            if anchor not in anchors(goal):
                broken.append((name_of(page), target))
    assert broken == []


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    listed = {(DOCS / target.partition("#")[0]).resolve() for page, target in links() if page == index}
    assert [name_of(page) for page in DOCS.rglob("*.md") if page != index and page.resolve() not in listed] == []


def test_the_pictures_of_the_docs_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert {name: size for name, size in sizes.items() if size > MAX_PICTURE_BYTES} == {}
    assert sum(sizes.values()) <= MAX_PICTURES_BYTES


def test_every_path_named_in_the_architecture_exists() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]*(?:/|\.py|\.toml|\.md))`", text))
    named |= set(re.findall(r"^([\w./-]+/)\s{2,}", text, re.MULTILINE))
    bases = (ROOT, SOURCE)
    assert len(named) > 50
    assert [name for name in sorted(named) if not any((base / name).exists() for base in bases)] == []


def test_the_layer_table_of_the_architecture_is_the_one_the_code_is_held_to() -> None:
    base = {"errors", "_clock", "_json", "_faults", "_version"}
    rows = {
        cells[0].strip("`"): (set(re.findall(r"`(\w+)`", cells[2])), {word for word in cells[3].split(", ") if word})
        for line in ARCHITECTURE.read_text(encoding="utf-8").split("## Layers")[1].split("## ")[0].splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4 and cells[0].startswith("`")
    }
    spoken = {"PIL": "Pillow"}
    assert {name: imports for name, (imports, _) in rows.items()} == {
        name: allowed - base for name, allowed in MAY_IMPORT.items() if name not in base
    }
    assert {name: libraries for name, (_, libraries) in rows.items() if libraries} == {
        name: {spoken.get(library, library) for library in libraries} for name, libraries in THIRD_PARTY.items()
    }


def test_the_architecture_can_be_read_in_one_sitting() -> None:
    assert len(ARCHITECTURE.read_text(encoding="utf-8").splitlines()) <= 200


def codes_in_source() -> set[str]:
    """Every text with the shape of a code, and what stands behind `code=`."""
    found = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {text for text in _texts(node) if _CODE.fullmatch(text)}
            if isinstance(node, ast.keyword) and node.arg == "code":
                found |= set(_texts(node.value))
    no_codes = {
        "config.toml",
        "workflow.json",
        "workflow.html",
        "storage.html",
        "unknown_field",
        "wrong_type",
    }  # the last two are a form's
    return {code for code in found if not _DIAGNOSTIC.fullmatch(code)} - no_codes


def _texts(node: ast.AST) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_every_error_code_is_documented_and_no_other() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    source = codes_in_source()
    assert len(source) > 40
    assert documented == source


def test_every_outcome_is_documented() -> None:
    page = (DOCS / "outcomes.md").read_text(encoding="utf-8")
    assert {kind.value for kind in OutcomeKind} <= set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert f"One of {len(OutcomeKind)} outcomes" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_exit_code_named_in_the_docs_exists() -> None:
    own = {1, 2, EXIT_FAULT, StorageError.exit_code, EXIT_PERSON, MissingInputError.exit_code}
    codes = {meaning.exit_code for meaning in MEANINGS.values()} | own
    named = {
        int(code) for page in pages() for code in re.findall(r"(?:\bexit|-eq) (\d+)", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert named - codes == set()


def commands_in(page: Path) -> Iterator[str]:
    """What the page tells people to type: inline code and the lines of shell and text blocks that begin with limner."""
    text = page.read_text(encoding="utf-8")
    yield from re.findall(r"`(limner [^`\n]+)`", _FENCE.sub("", text))
    for block in blocks(page):
        if block.language in ("sh", "text"):
            yield from re.findall(r"^(?:.*\| )?(limner [^#\n]+)", block.text, re.MULTILINE)


def test_every_command_and_option_named_in_the_docs_exists() -> None:
    helped = (DOCS / "cli.md").read_text(encoding="utf-8")
    typed = [command for page in pages() if page.name != "cli.md" for command in commands_in(page)]
    words = {command.split()[1] for command in typed if not command.split()[1].startswith("-")}
    options = {option for command in typed for option in re.findall(r"(?<= )--[a-z-]+", command)}
    assert len(typed) > 60
    assert words <= set(ENTRIES)
    assert {option for option in options if not re.search(rf"{option}\b", helped)} == set()


def test_decisions_are_numbered_and_say_what_was_given_up() -> None:
    found = sorted(path for path in (DOCS / "decisions").glob("*.md"))
    assert [path.name[:4] for path in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        heads = ("## Context", "## Choice", "## What we gave up", "## When to look again")
        assert [head for head in heads if head not in text] == [], path.name
