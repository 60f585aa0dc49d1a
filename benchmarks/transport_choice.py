"""The HTTP libraries behind one seam, each feeding the same lifter: what a picture costs through each."""

from __future__ import annotations

from typing import Any

from benchmarks.report import Table, ms, times
from benchmarks.rounds import Budget, Sample, Scratch, interleaved, middle, ratio, worker
from benchmarks.transports import TRANSPORTS

CONCURRENCY = 8
OURS = "http.client, 128 KiB"
BODIES = {
    "1.5 MB": ("1500000", 24),
    "1.5 MB, chunked": ("1500000-chunked", 24),
    "20 MB": ("20000000", 10),
    "20 MB, chunked": ("20000000-chunked", 10),
}
QUICK_BODIES = ("20 MB, chunked",)


def measure(url: str, budget: Budget) -> dict[str, Any]:
    """Samples by body and transport."""
    bodies = QUICK_BODIES if budget.quick else tuple(BODIES)
    cases = {f"{body}|{name}": (body, name) for body in bodies for name in TRANSPORTS}
    samples = interleaved(list(cases), budget, lambda case: _sample(url, *cases[case]))
    found: dict[str, Any] = {}
    for case, (body, name) in cases.items():
        found.setdefault(body, {})[name] = samples[case]
    return found


def _sample(url: str, body: str, name: str) -> Sample:
    path, count = BODIES[body]
    with Scratch() as folder:
        sample = worker("benchmarks.transports", name, f"{url}/{path}", str(count), str(CONCURRENCY), str(folder))
    return {"cpu_s": sample["cpu_s"] / count, "peak_mb": sample["peak_mb"], "faults": sample["faults"] / count}


def tables(found: dict[str, Any]) -> list[str]:
    """Markdown."""
    rows = []
    for name in TRANSPORTS:
        row = [f"**{name}**" if name == OURS else name]
        for body in found.values():
            against = times(ratio(body[name], body[OURS], "cpu_s"))
            row.append(f"{ms(middle(body[name], 'cpu_s'))} ({against}), {middle(body[name], 'peak_mb'):.0f} MB")
        rows.append(row)
    told = f"Through the lifter into the store, {CONCURRENCY} at once: CPU ms for each picture (to ours), peak memory:"
    return [told, str(Table(head=["transport", *found], rows=rows))]
