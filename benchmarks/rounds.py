"""Running processes in turn and summing up what they say: interleaved rounds, medians, paired ratios."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
LOCAL = Path(__file__).parent / "results" / "local"
LIBRARIES = ("limner", "google-genai", "httpx2", "aiohttp", "requests", "urllib3", "pybase64", "numpy", "pillow")
TIMEOUT_S = 120.0

Sample = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much to measure: `rounds` at most, no new one after `seconds`, but at least three, or one if `quick`."""

    rounds: int
    seconds: float
    quick: bool

    def numbers(self) -> Iterable[int]:
        """The rounds, as long as there is time."""
        ends_s = time.monotonic() + self.seconds
        least = 1 if self.quick else 3
        for number in range(self.rounds):
            if number >= least and time.monotonic() > ends_s:
                return
            yield number


def processors() -> tuple[int | None, int | None]:
    """The processors for the client and for the server; both `None` where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def pin(processor: int | None) -> None:
    """Keep this process, and what it will start, on one processor."""
    if processor is not None:
        os.sched_setaffinity(0, {processor})


def interleaved(cases: Sequence[str], budget: Budget, measure: Callable[[str], Sample]) -> dict[str, list[Sample]]:
    """The samples of each case; every round visits all of them, and begins with another one."""
    samples: dict[str, list[Sample]] = {case: [] for case in cases}
    for number in budget.numbers():
        for offset in range(len(cases)):
            case = cases[(number + offset) % len(cases)]
            samples[case].append(measure(case))
    return samples


def worker(module: str, *arguments: str) -> Sample:
    """What a measuring process printed. Raises `RuntimeError` with its last words if it failed."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    sample: Sample = json.loads(done.stdout.splitlines()[-1])
    return sample


def whole_process(command: Sequence[str], environment: dict[str, str]) -> Sample:
    """Wall and CPU time of a process from its start to its end, in seconds. Raises `RuntimeError` if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    wall_s = time.perf_counter() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return {"wall_s": wall_s, "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def middle(samples: Sequence[Sample], key: str) -> float:
    """The median of one figure."""
    return median(sample[key] for sample in samples)


def ratio(samples: Sequence[Sample], others: Sequence[Sample], key: str) -> float:
    """How many times the others' figure: the median over the rounds, each compared with its own round."""
    return median(one[key] / other[key] for one, other in zip(samples, others, strict=True))


class Scratch:
    """A fresh folder, in memory where the system has such a place, or on the disk of this checkout."""

    def __init__(self, *, on_disk: bool = False) -> None:
        memory = Path("/dev/shm")
        parent = memory if memory.is_dir() and not on_disk else LOCAL
        parent.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *problem: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def machine() -> dict[str, Any]:
    """What ran all this; nothing that names the machine."""
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory_kib * 1024 / 1e9),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_before": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
