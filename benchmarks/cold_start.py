"""From process start to one picture on disk, what imports cost, and what is imported for what."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import replies
from benchmarks.peers import write_config
from benchmarks.report import Table, ms
from benchmarks.rounds import Budget, Sample, Scratch, interleaved, middle, ratio, whole_process

SIZE_BYTES = 1_500_000
SCRIPTS = Path(__file__).parent / "scripts"
PROMPT = "a red fox in snow"

STARTS = {
    "limner command": "`limner generate`",
    "limner command, on disk": "`limner generate`, data folder on a real disk",
    "limner command, first ever": "`limner generate`, first run: no data folder yet",
    "limner library": "limner, library script",
    "google-genai": "google-genai script",
    "requests": "requests script",
    "standard library": "standard library script",
    "sandbox command": "`limner generate` in the sandbox, 1024 px, drawn",
}
IMPORTS = {
    "python -c pass": ("-c", "pass"),
    "import limner": ("-c", "import limner"),
    "from limner import Client": ("-c", "from limner import Client"),
    "limner --help": ("-m", "limner", "--help"),
    "limner (bare)": ("-m", "limner"),
    "import google.genai": ("-c", "from google import genai"),
    "import requests": ("-c", "import requests"),
}
HEAVY = ("http.client", "ssl", "asyncio", "PIL", "numpy", "rich", "click", "sqlite3", "email", "tomlkit")
LOADED = {
    "import limner": "import limner",
    "from limner import Client": "from limner import Client",
    "a picture from Google": "limner_library",
    "a picture from the sandbox": "sandbox",
    "limner --help": "help",
}


def measure(url: str, budget: Budget) -> dict[str, Any]:
    """Samples of whole processes, and which modules each way of starting loads."""
    with Scratch() as memory, Scratch(on_disk=True) as disk:
        runs = _Runs(f"{url}/{SIZE_BYTES}", memory, disk)
        starts = interleaved(list(STARTS), budget, runs.start)
        imports = interleaved(list(IMPORTS), budget, runs.imported)
        loaded = {title: runs.modules(what) for title, what in LOADED.items()}
    return {"starts": starts, "imports": imports, "loaded": loaded}


class _Runs:
    """Starts each kind of process in folders that were used before, but for `first ever`."""

    def __init__(self, url: str, memory: Path, disk: Path) -> None:
        self._url = url
        self._homes = {name: memory / name for name in ("command", "library", "sandbox", "new")}
        self._homes["disk"] = disk / "home"
        self._out = memory / "out"
        self._disk_out = disk / "out"
        for name, home in self._homes.items():
            if name not in ("new", "sandbox"):
                write_config(home, url)

    def start(self, case: str) -> Sample:
        """One whole process that makes a picture, which is checked."""
        out = self._disk_out if case.endswith("on disk") else self._out
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        home = self._homes[_HOMES.get(case, "library")]
        if case.endswith("first ever"):
            shutil.rmtree(home, ignore_errors=True)
            write_config(home, self._url)
        sample = whole_process(_command(case, out), self._environment(home, out))
        made = list(out.iterdir())
        if len(made) != 1:
            raise RuntimeError(f"{case}: {len(made)} files instead of one")
        if case != "sandbox command":
            replies.check(made, SIZE_BYTES)
        return sample

    def imported(self, case: str) -> Sample:
        """One whole process that only imports, or prints a page."""
        environment = self._environment(self._homes["sandbox"], self._out)
        return whole_process([sys.executable, *IMPORTS[case]], environment)

    def modules(self, what: str) -> list[str]:
        """Which heavy modules are loaded after `what`."""
        out, home = self._out, self._homes["sandbox" if what == "sandbox" else "library"]
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        script = _MODULE_SCRIPTS.get(what, what)
        told = f"{script}\nimport sys\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
        environment = self._environment(home, out)
        command = [sys.executable, "-c", told]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[-1].split() if done.stdout.strip() else []

    def _environment(self, home: Path, out: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        return {
            **kept,
            "BENCH_URL": self._url,
            "BENCH_OUT": f"{out}/",
            "BENCH_HOME": str(home),
            "BENCH_KEY": "bench",
            "LIMNER_HOME": str(home),
        }


_HOMES = {
    "limner command": "command",
    "limner command, on disk": "disk",
    "limner command, first ever": "new",
    "sandbox command": "sandbox",
}
_MODULE_SCRIPTS = {
    "limner_library": (SCRIPTS / "limner_library.py").read_text(encoding="utf-8"),
    "sandbox": (SCRIPTS / "limner_library.py").read_text(encoding="utf-8"),
    "help": "from limner.cli.main import main\nmain(['--help'])",
}


def _command(case: str, out: Path) -> list[str]:
    scripts = {"google-genai": "google_genai", "requests": "plain_requests", "standard library": "standard_library"}
    if case == "limner library":
        return [sys.executable, str(SCRIPTS / "limner_library.py")]
    if case in scripts:
        return [sys.executable, str(SCRIPTS / f"{scripts[case]}.py")]
    return [str(Path(sys.executable).parent / "limner"), "generate", PROMPT, "--out", f"{out}/"]


def tables(found: dict[str, Any]) -> list[str]:
    """Markdown."""
    starts, imports = found["starts"], found["imports"]
    start_rows = [_row(title, starts[case], starts["google-genai"]) for case, title in STARTS.items()]
    import_rows = [_row(f"`{case}`", samples, imports["import google.genai"]) for case, samples in imports.items()]
    loaded_rows = [
        [f"`{title}`" if "import" in title or "--" in title else title]
        + ["yes" if name in modules else "" for name in HEAVY]
        for title, modules in found["loaded"].items()
    ]
    return [
        "Process start to one 1.5 MB picture on disk; milliseconds; loopback without TLS:",
        str(Table(head=["start", "wall", "CPU", "wall / google-genai"], rows=start_rows)),
        "Whole processes that only import or print; milliseconds:",
        str(Table(head=["process", "wall", "CPU", "wall / `import google.genai`"], rows=import_rows)),
        "What is loaded for what:",
        str(Table(head=["after", *[f"`{name}`" for name in HEAVY]], rows=loaded_rows)),
    ]


def _row(title: str, samples: list[Sample], others: list[Sample]) -> list[str]:
    to_others = f"{ratio(samples, others, 'wall_s'):.2f}"
    return [title, ms(middle(samples, "wall_s")), ms(middle(samples, "cpu_s")), to_others]


def targets(found: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    starts = found["starts"]
    command = ratio(starts["limner command"], starts["google-genai"], "wall_s")
    library = ratio(starts["limner library"], starts["google-genai"], "wall_s")
    heavy = [name for name in ("http.client", "PIL", "numpy") if name in found["loaded"]["import limner"]]
    return [
        ("cold start of `limner generate`, to google-genai's", "≤ 0.40", f"{command:.2f}", command <= 0.4),
        ("cold start of the library, to google-genai's", "≤ 0.40 (aim 0.25)", f"{library:.2f}", library <= 0.4),
        ("`import limner` loads no HTTP, no Pillow, no numpy", "none", ", ".join(heavy) or "none", not heavy),
    ]
