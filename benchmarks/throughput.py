"""Many pictures: CPU time per picture, pictures per second and peak memory, for each client, size and concurrency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Table, ms, times
from benchmarks.rounds import Budget, Sample, Scratch, interleaved, middle, ratio, worker

MB = 1_000_000
CLIENTS = (
    "limner",
    "genai-threads",
    "genai-async-aiohttp",
    "genai-async-httpx2",
    "requests",
    "floor-hashed",
    "floor",
)
GENAI = tuple(name for name in CLIENTS if name.startswith("genai"))
TITLES = {
    "limner": "**limner**, threads",
    "genai-threads": "google-genai, threads",
    "genai-async-aiohttp": "google-genai, async, aiohttp",
    "genai-async-httpx2": "google-genai, async, httpx2",
    "requests": "requests + json + base64, threads",
    "floor-hashed": "floor with SHA-256",
    "floor": "floor: epoll, decoded as read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One size and concurrency, and how many pictures make a sample."""

    size_mb: float
    concurrency: int
    count: int

    @property
    def name(self) -> str:
        """Such as `20 MB, 8 at once`."""
        return f"{self.size_mb:g} MB, {self.concurrency} at once"


SMALL = Cell(size_mb=1.5, concurrency=8, count=24)
LARGE = Cell(size_mb=20, concurrency=8, count=12)
LARGEST = Cell(size_mb=20, concurrency=32, count=32)
CELLS = (
    Cell(size_mb=1.5, concurrency=1, count=16),
    SMALL,
    Cell(size_mb=1.5, concurrency=32, count=48),
    Cell(size_mb=6, concurrency=8, count=16),
    Cell(size_mb=20, concurrency=1, count=5),
    LARGE,
    LARGEST,
)
QUICK_CELLS = (SMALL, LARGEST)
DISK_CELLS = (SMALL, LARGE)
DISK_CLIENTS = ("limner", "genai-threads-synced")


def measure(url: str, budget: Budget) -> dict[str, Any]:
    """Every sample, by where the files went, cell and client."""
    cells = QUICK_CELLS if budget.quick else CELLS
    found: dict[str, Any] = {"memory": {}, "disk": {}}
    cases = {f"{cell.name}|{client}": (cell, client) for cell in cells for client in CLIENTS}
    samples = interleaved(list(cases), budget, lambda case: _sample(url, *cases[case], on_disk=False))
    for case, (cell, client) in cases.items():
        found["memory"].setdefault(cell.name, {})[client] = samples[case]
    if not budget.quick:
        cases = {f"{cell.name}|{client}": (cell, client) for cell in DISK_CELLS for client in DISK_CLIENTS}
        samples = interleaved(
            list(cases), Budget(rounds=3, seconds=0, quick=False), lambda case: _sample(url, *cases[case], on_disk=True)
        )
        for case, (cell, client) in cases.items():
            found["disk"].setdefault(cell.name, {})[client] = samples[case]
    return found


def _sample(url: str, cell: Cell, client: str, *, on_disk: bool) -> Sample:
    with Scratch(on_disk=on_disk) as folder:
        sample = worker(
            "benchmarks.worker",
            client,
            url,
            str(int(cell.size_mb * MB)),
            str(cell.count),
            str(cell.concurrency),
            str(folder),
        )
    return {
        "cpu_s": sample["cpu_s"] / cell.count,
        "system_s": sample["system_s"] / cell.count,
        "per_s": cell.count / sample["wall_s"],
        "peak_mb": sample["peak_mb"],
        "faults": sample["faults"] / cell.count,
    }


def tables(found: dict[str, Any]) -> list[str]:
    """Markdown."""
    cells = found["memory"]
    parts = [
        "CPU milliseconds of the client for each picture, and in brackets how many times the floor's:",
        str(_table(cells, lambda cell, client: f"{ms(middle(cell[client], 'cpu_s'))} ({_to_floor(cell, client)})")),
        "Limner's CPU time for each picture, as a part of google-genai's:",
        str(_against_genai(cells)),
        "Pictures per second, client on one processor:",
        str(_table(cells, lambda cell, client: f"{middle(cell[client], 'per_s'):.0f}")),
        "Peak memory of the client in MB:",
        str(_table(cells, lambda cell, client: f"{middle(cell[client], 'peak_mb'):.0f}")),
    ]
    if found["disk"]:
        parts += ["The same on a real disk, everything synced before it counts as done:", str(_disk_table(found))]
    return parts


def targets(found: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    cells = found["memory"]
    peak_mb = max(middle(cell["limner"], "peak_mb") for cell in cells.values())
    to_peers = "CPU per picture, to google-genai's"
    return [
        _target(f"{to_peers} synchronous client", cells, lambda cell: cell["genai-threads"], 0.4),
        _target(f"{to_peers} best variant of each size", cells, _best_genai, 0.4),
        _target("CPU per picture, to the epoll floor's", cells, lambda cell: cell["floor"], 2.0),
        ("peak memory, 32 pictures of 20 MB at once", "≤ 60 MB", f"{peak_mb:.0f} MB", peak_mb <= 60),
    ]


def _target(
    what: str, cells: dict[str, Any], other: Callable[[dict[str, list[Sample]]], list[Sample]], most: float
) -> tuple[str, str, str, bool]:
    found = {name: ratio(cell["limner"], other(cell), "cpu_s") for name, cell in cells.items()}
    texts = ", ".join(f"{value:.2f}" for value in found.values())
    return what, f"≤ {most:.2f}", f"{texts}", max(found.values()) <= most


def _best_genai(cell: dict[str, list[Sample]]) -> list[Sample]:
    return min((cell[name] for name in GENAI), key=lambda samples: middle(samples, "cpu_s"))


def _to_floor(cell: dict[str, list[Sample]], client: str) -> str:
    return times(ratio(cell[client], cell["floor"], "cpu_s"))


def _table(cells: dict[str, Any], text: Any) -> Table:
    rows = [[TITLES[client], *[text(cell, client) for cell in cells.values()]] for client in CLIENTS]
    return Table(head=["client", *cells], rows=rows)


def _against_genai(cells: dict[str, Any]) -> Table:
    rows = [
        [TITLES[client], *[f"{ratio(cell['limner'], cell[client], 'cpu_s'):.2f}" for cell in cells.values()]]
        for client in GENAI
    ]
    rows.append(
        ["best of them", *[f"{ratio(cell['limner'], _best_genai(cell), 'cpu_s'):.2f}" for cell in cells.values()]]
    )
    return Table(head=["limner to", *cells], rows=rows)


def _disk_table(found: dict[str, Any]) -> Table:
    titles = {
        "limner": "**limner** (picture, spool and journal synced)",
        "genai-threads-synced": "google-genai, threads (picture synced)",
    }
    rows = []
    for client in DISK_CLIENTS:
        row = [titles[client]]
        for cell in found["disk"].values():
            samples = cell[client]
            row.append(f"{ms(middle(samples, 'cpu_s'))} ms, {middle(samples, 'per_s'):.0f} per s")
        rows.append(row)
    return Table(head=["client", *[f"{name}: CPU, pictures per second" for name in found["disk"]]], rows=rows)
