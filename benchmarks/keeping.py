"""History, ledger and lint: a data folder with 100,000 calls, asked as a person asks it.

As a process: `python -m benchmarks.keeping FOLDER COUNT` prints seconds as JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Table, ms, times
from benchmarks.rounds import Budget, Sample, Scratch, middle, worker

CALLS = 100_000
WORDS = (
    *(
        "red",
        "blue",
        "green",
        "fox",
        "hare",
        "owl",
        "castle",
        "lighthouse",
        "forest",
        "meadow",
        "snow",
        "rain",
        "golden",
    ),
    *("hour", "watercolor", "charcoal", "portrait", "city", "street", "market", "paella", "bridge", "robot", "teapot"),
    *("sofa", "poster", "logo", "sticker", "mountain", "lake", "boat", "night", "morning", "fog", "winter"),
)
HISTORY = {
    "newest": "the newest 20",
    "common word": "a word that one call in nine has",
    "two words": "two words",
    "rare word": "a word that one call has",
    "no word": "a word that no call has",
    "short word": "a word of two letters, not in the index",
    "model": "one model of seven",
    "day": "one day of a hundred",
    "cost": "at least 13 cents",
    "parent": "made of this picture",
    "page 1000": "20 calls, 20,000 further down",
    "open": "opening the data folder",
}
LEDGER = {
    "sent": "recording a call as sent, no budget",
    "sent with budgets": "the same, with three budgets to keep",
    "cost by day": "`limner cost` by day, all calls",
    "cost by model": "`limner cost` by model, all calls",
}
LINT = {"usual": "a usual prompt (60 characters)", "long": "a long prompt (8,000 characters)"}


def measure(budget: Budget) -> list[Sample]:
    """One sample for each process; the folder is filled once."""
    count = CALLS // 10 if budget.quick else CALLS
    with Scratch() as folder:
        fill(folder / "home", count)
        return [worker("benchmarks.keeping", str(folder / "home"), str(count)) for _ in budget.numbers()]


def tables(found: list[Sample]) -> list[str]:
    """Markdown."""
    history = [[title, ms(middle(found, key))] for key, title in HISTORY.items()]
    ledger = [[title, ms(middle(found, key))] for key, title in LEDGER.items()]
    ratio = middle(found, "sent with budgets") / middle(found, "sent")
    ledger.append(["budgets make recording dearer by", times(ratio)])
    lint = [[title, ms(middle(found, key))] for key, title in LINT.items()]
    return [
        f"History, a data folder with {CALLS:,} calls:",
        str(Table(head=["asked for", "ms"], rows=history)),
        "The ledger, in the same folder. Recording is one transaction with a sync to the disk:",
        str(Table(head=["what", "ms"], rows=ledger)),
        "Prompt lint, all rules, warm:",
        str(Table(head=["what", "ms"], rows=lint)),
    ]


def targets(found: list[Sample]) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    searches = [key for key in HISTORY if key != "open"]
    slowest = max(searches, key=lambda key: middle(found, key))
    slowest_s, long_s, usual_s = middle(found, slowest), middle(found, "long"), middle(found, "usual")
    return [
        (f"history of {CALLS:,}, slowest search ({slowest})", "< 50 ms", f"{ms(slowest_s)} ms", slowest_s < 0.05),
        ("prompt lint, usual prompt", "≤ 1 ms", f"{ms(usual_s)} ms", usual_s <= 0.001),
        ("prompt lint, 8,000 characters", "≤ 5 ms", f"{ms(long_s)} ms", long_s <= 0.005),
    ]


def fill(home: Path, count: int) -> None:
    """A data folder as years of use leave it: rows only, written in one transaction, their pictures not on disk."""
    from limner import _clock
    from limner.store.store import Store

    store = Store(home)
    rng = random.Random(7)
    now_ms = _clock.now_ms()
    models = [f"model-{number}" for number in range(7)]
    with store.database.transaction() as connection:
        for number in range(count):
            call_id = f"{number:016d}"
            prompt = " ".join(rng.choice(WORDS) for _ in range(12)) + (" zyzzyva" if number == count // 2 else "")
            cost = rng.choice(["0.033600", "0.067200", "0.134400", "0.000000"])
            created_ms = now_ms - (count - number) * 86_400_000 * 100 // count
            connection.execute(
                """INSERT INTO calls (id, group_id, state, owner, attempts, created_at_ms, ended_at_ms, kind,
                                      connection, model, prompt, asked, request, reply, outcome, billed, cost_usd,
                                      warnings, delivered, reserved_micro_usd)
                   VALUES (?, ?, 'done', 'x', 1, ?, ?, 'generate', 'google', ?, ?, '{}', ?, '[]', 'image', 'yes', ?,
                           '[]', 1, 60000)""",
                (call_id, call_id, created_ms, created_ms + 9000, rng.choice(models), prompt, json.dumps(prompt), cost),
            )
            connection.execute("INSERT INTO calls_fts (call_id, prompt) VALUES (?, ?)", (call_id, prompt))
            for role, name in (("result", number), ("input", number - 1)):
                connection.execute(
                    """INSERT INTO images (call_id, role, position, sha256, size, mime_type, width, height)
                       VALUES (?, ?, 0, ?, 900000, 'image/png', 1024, 1024)""",
                    (call_id, role, f"{name % (1 << 60):064x}"),
                )
    store.close()


def _history(store: Any, count: int) -> dict[str, Callable[[], object]]:
    from limner import _clock
    from limner.store.history import Query

    now_ms = _clock.now_ms()
    day = Query(since_ms=now_ms - 50 * 86_400_000, until_ms=now_ms - 49 * 86_400_000)
    queries = {
        "newest": Query(),
        "common word": Query(words="lighthouse"),
        "two words": Query(words="paella robot"),
        "rare word": Query(words="zyzzyva"),
        "no word": Query(words="xylophone"),
        "short word": Query(words="zz"),
        "model": Query(model="model-3"),
        "day": day,
        "cost": Query(min_cost=130_000),
        "parent": Query(parent=f"{count // 3:064x}"),
    }
    asked: dict[str, Callable[[], object]] = {
        name: (lambda query=query: store.history.find(query, limit=20)) for name, query in queries.items()
    }
    asked["page 1000"] = lambda: store.history.find(Query(), limit=20, before=f"{count - count // 5:016d}")
    return asked


def _ledger(store: Any) -> dict[str, Callable[[], object]]:
    from limner import _clock
    from limner.store.journal import Intent
    from limner.store.ledger import Limit

    day_ms = _clock.day_start_ms()
    limits = (
        Limit(name="run", micro_usd=10**9, group_id="run"),
        Limit(name="day", micro_usd=10**12, since_ms=day_ms),
        Limit(name="connection", micro_usd=10**12, since_ms=day_ms, connection="google"),
    )

    def record(chosen: tuple[Limit, ...]) -> None:
        intent = Intent(
            call_id=_clock.new_id(), group_id="run", kind="generate", connection="google", model="model-3",
            prompt="a fox", asked={}, request={"contents": []}, reserve_micro_usd=40_000, limits=chosen,
        )  # fmt: skip
        store.journal.sent(intent, 1)

    return {
        "sent": lambda: record(()),
        "sent with budgets": lambda: record(limits),
        "cost by day": lambda: store.ledger.rows("day"),
        "cost by model": lambda: store.ledger.rows("model"),
    }


def _lint() -> dict[str, Callable[[], object]]:
    from limner.prompts.finding import PromptContext
    from limner.prompts.lint import lint

    usual = "a red fox in snow at golden hour, shallow depth of field, 35mm"
    rng = random.Random(3)
    long = " ".join(rng.choice(WORDS) for _ in range(1400))[:8000]
    return {"usual": lambda: lint(usual, PromptContext()), "long": lambda: lint(long, PromptContext())}


def _seconds(work: Callable[[], object], times_each: int = 9) -> float:
    work()
    taken = []
    for _ in range(times_each):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def main() -> None:
    """Measure in a folder that is filled, and print the figures."""
    from limner.store.store import Store

    home, count = Path(sys.argv[1]), int(sys.argv[2])
    began = time.perf_counter()
    store = Store(home)
    sample: dict[str, float] = {"open": time.perf_counter() - began}
    for name, work in {**_history(store, count), **_ledger(store), **_lint()}.items():
        sample[name] = _seconds(work)
    assert store.ledger.rows("model")[0].cost > Decimal(0)
    store.close()
    print(json.dumps(sample))


if __name__ == "__main__":
    main()
