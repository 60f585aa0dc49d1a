"""Runs the tests that Google ships with its Python library against `limner serve`, and writes docs/conformance.md.

A test that fails must be listed in cannot.toml with the reason; one that is listed and passes must be taken out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from scripts.conformance.data import write_data

from limner.server.background import BackgroundServer
from limner.server.settings import ServeSettings

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "conformance.md"

AREAS = (
    *("models", "files", "chats", "batches", "tokens", "errors"),
    *("shared/models", "shared/files", "shared/chats", "shared/batches"),
)
LANGUAGE_MODELS = (
    *("gemini-1.5-flash", "gemini-2.0-flash-001", "gemini-2.0-flash-exp", "gemini-2.0-flash-preview-image-generation"),
    *("gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3-pro-preview"),
    *("gemini-3.1-pro-preview", "gemini-3.5-flash", "gemini-3.8-flash"),
)
"""Names that Google's tests ask and that make no pictures: the sandbox answers under them with words."""

_TEMPLATE = """# Conformance

Google's Python library carries the tests that Google runs against its own service. `make conformance` runs those on
models, files, chats, batches and tokens against `limner serve`, unchanged but for the address they ask.

With google-genai {version}: **{passed} pass, {cannot} cannot, {failed} fail.**

{skipped} more are left out by Google's own marks, most of them because each test is there once more for Vertex AI,
which needs Google's credentials. This page is written by the run.

## What cannot pass

| tests | why |
|---|---|
{whys}

## By file

| file | pass | cannot | fail |
|---|---|---|---|
{rows}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one test ended. `why` is given for one that cannot pass; `said` is what a failing one said."""

    file: str
    test: str
    kind: str
    why: str = ""
    said: str = ""

    @property
    def name(self) -> str:
        """File and test, as cannot.toml names them."""
        return f"{self.file}::{self.test}"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = list(_verdicts(_report(Path(folder))))
    listed = [pattern for reason in _reasons() for pattern in reason["tests"]]
    failed = [verdict for verdict in found if verdict.kind == "fail"]
    needless = [pattern for pattern in listed if not any(fnmatchcase(each.name, pattern) for each in found if each.why)]
    for verdict in failed:
        print(f"FAIL {verdict.name}: {verdict.said}")
    for pattern in needless:
        print(f"No longer needed in cannot.toml: {pattern}")
    counts = Counter(verdict.kind for verdict in found)
    print(", ".join(f"{counts[kind]} {kind}" for kind in ("pass", "cannot", "fail", "skipped")))
    PAGE.write_text(_page(found), encoding="utf-8")
    return 1 if failed or needless else 0


def _report(folder: Path) -> ElementTree.Element:
    """Google's library is copied, so that its tests find their pictures; they ask our server and nobody else."""
    spec = find_spec("google.genai")
    assert spec is not None
    assert spec.origin is not None
    library, work = folder / "lib" / "google" / "genai", folder / "work"
    shutil.copytree(Path(spec.origin).parent, library, ignore=shutil.ignore_patterns("__pycache__"))
    write_data(library / "tests" / "data")
    work.mkdir()
    (work / "tests").symlink_to(library / "tests")
    (folder / "pytest.ini").write_text("[pytest]\nconsider_namespace_packages = true\n", encoding="utf-8")
    with BackgroundServer(folder / "home", ServeSettings(revived=LANGUAGE_MODELS)) as server:
        command = [
            *(sys.executable, "-m", "pytest", "-c", str(folder / "pytest.ini"), "--rootdir", str(library / "tests")),
            *("-p", "scripts.conformance.plugin", "-p", "pytest_asyncio", "-p", "no:cacheprovider", "-n", "2"),
            *("-q", "-W", "ignore", "--tb=line", "--mode=api", f"--junitxml={folder / 'report.xml'}"),
            *(str(library / "tests" / area) for area in AREAS),
        ]
        ended = subprocess.run(
            command, cwd=work, env=_environment(folder, server), stdout=subprocess.DEVNULL, check=False
        )
    if ended.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {ended.returncode}")
    return ElementTree.parse(folder / "report.xml").getroot()


def _environment(folder: Path, server: BackgroundServer) -> Mapping[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE_", "GEMINI_"))},
        **server.environment,
        "GOOGLE_API_KEY": server.key,
        "GOOGLE_GENAI_RUN_GEMINI_ONLY_IN_API_MODE": "1",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": str(folder / "replays"),
        "PYTHONPATH": os.pathsep.join((str(folder / "lib"), str(HERE.parent.parent))),
    }


def _verdicts(report: ElementTree.Element) -> Iterator[Verdict]:
    reasons = [(pattern, reason["why"]) for reason in _reasons() for pattern in reason["tests"]]
    for case in report.iter("testcase"):
        where = (case.get("classname") or case.get("name", "")).removeprefix("google.genai.tests.")
        file, test = where.replace(".", "/") + ".py", case.get("name", "").partition("[")[0]
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if case.find("skipped") is not None:
            yield Verdict(file, test, "skipped")
        elif problem is None:
            yield Verdict(file, test, "pass")
        else:
            why = next((why for pattern, why in reasons if fnmatchcase(f"{file}::{test}", pattern)), "")
            said = " ".join((problem.get("message") or "").split())[:300]
            yield Verdict(file, test, "cannot" if why else "fail", why, said)


def _reasons() -> list[dict[str, object]]:
    return tomllib.loads((HERE / "cannot.toml").read_text(encoding="utf-8"))["cannot"]


def _page(found: Sequence[Verdict]) -> str:
    counts = Counter(verdict.kind for verdict in found)
    files = sorted({verdict.file for verdict in found if verdict.kind != "skipped"})
    whys = Counter(verdict.why for verdict in found if verdict.why)
    return _TEMPLATE.format(
        version=version("google-genai"),
        passed=counts["pass"],
        cannot=counts["cannot"],
        failed=counts["fail"],
        skipped=counts["skipped"],
        whys="\n".join(f"| {count} | {why} |" for why, count in whys.most_common()),
        rows="\n".join(_row(file, Counter(each.kind for each in found if each.file == file)) for file in files),
    )


def _row(file: str, counts: Counter[str]) -> str:
    return f"| {file} | {counts['pass']} | {counts['cannot']} | {counts['fail']} |"


if __name__ == "__main__":
    sys.exit(main())
