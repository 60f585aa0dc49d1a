"""The sandbox: milliseconds for a drawing, in a warm process on one processor.

As a process: `python -m benchmarks.sandbox FOLDER` prints the medians as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Table, ms
from benchmarks.rounds import Budget, Sample, Scratch, middle, worker

PROMPTS = (
    "a red fox in snow",
    "a pig with wings and a top hat over a futuristic city, golden hour",
    "a lighthouse on a cliff at night, watercolor",
    'a poster that says "BREW" with a cup of coffee',
    "a portrait of a robot in a kitchen, film photography",
)
TITLES = {
    "draw_256": "drawn and marked, 256 px",
    "draw_512": "drawn and marked, 512 px",
    "draw_1024": "drawn and marked, 1024 px",
    "client_1k": "`Client.generate`, 1024 px PNG in the store",
}


def measure(budget: Budget) -> list[Sample]:
    """One sample for each process, each the median over the prompts."""
    with Scratch() as folder:
        count = 1 if budget.quick else 3
        return [worker("benchmarks.sandbox", str(folder / str(number))) for number in range(count)]


def tables(found: list[Sample]) -> list[str]:
    """Markdown."""
    rows = [[title, ms(middle(found, key)), ms(middle(found, f"{key}_slowest"))] for key, title in TITLES.items()]
    rows.append(["peak memory, MB", f"{middle(found, 'peak_mb'):.0f}", ""])
    head = ["sandbox, warm", "CPU ms, median of five prompts", "slowest prompt"]
    return ["The sandbox on one processor:", str(Table(head=head, rows=rows))]


def targets(found: list[Sample]) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    large_s, small_s = middle(found, "draw_1024"), middle(found, "draw_256")
    return [
        ("sandbox, 1024 px", "≤ 350 ms", f"{ms(large_s)} ms", large_s <= 0.35),
        ("sandbox, 256 px", "≤ 30 ms", f"{ms(small_s)} ms", small_s <= 0.03),
    ]


def _draw(side_px: int) -> Callable[[str], object]:
    from limner.providers.sandbox.paint.draw import draw, mark
    from limner.providers.sandbox.prompt.parse import parse

    return lambda prompt: mark(draw(parse(prompt, seed=7), side_px, side_px))


def _cpu_s(work: Callable[[str], object], prompt: str) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work(prompt)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _figures(key: str, work: Callable[[str], object]) -> dict[str, float]:
    for prompt in PROMPTS:
        work(prompt)
    taken = [median(_cpu_s(work, prompt) for _ in range(3)) for prompt in PROMPTS]
    return {key: median(taken), f"{key}_slowest": max(taken)}


def main() -> None:
    from benchmarks.worker import peak_memory_mb
    from limner import Client

    figures: dict[str, Any] = {}
    for side_px in (256, 512, 1024):
        figures |= _figures(f"draw_{side_px}", _draw(side_px))
    with Client(connection="sandbox", home=Path(sys.argv[1]), environment={}) as client:
        figures |= _figures("client_1k", lambda prompt: client.generate(prompt, resolution="1K", seed=7))
    print(json.dumps({**figures, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main()
