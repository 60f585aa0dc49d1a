"""`python -m benchmarks`: measure, show, and write the figures into benchmarks/README.md and benchmarks/results/."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import cold_start, keeping, sandbox, server, serving, throughput, transport_choice, workflows
from benchmarks.report import Table, replace_figures
from benchmarks.rounds import LOCAL, Budget, machine, pin, processors

HERE = Path(__file__).parent
SECTIONS = ("throughput", "cold_start", "transports", "sandbox", "serving", "keeping", "workflows")
TITLES = {
    "throughput": "Many pictures",
    "cold_start": "Cold start",
    "transports": "The transport",
    "sandbox": "The sandbox",
    "serving": "The server",
    "keeping": "History, ledger and lint",
    "workflows": "Workflows",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute; writes nothing that is committed")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="these parts only; writes nothing committed")
    choices = parser.parse_args()
    sections = choices.only or list(SECTIONS)
    notes = machine()
    client, other = processors()
    pin(client)
    began_s = time.monotonic()
    with server.running(other) as url:
        measures: dict[str, Callable[[], Any]] = {
            "throughput": lambda: throughput.measure(url, _budget(choices.quick, rounds=4, seconds=100)),
            "cold_start": lambda: cold_start.measure(url, _budget(choices.quick, rounds=15, seconds=25)),
            "transports": lambda: transport_choice.measure(url, _budget(choices.quick, rounds=3, seconds=20)),
            "sandbox": lambda: sandbox.measure(_budget(choices.quick, rounds=1, seconds=30)),
            "serving": lambda: serving.measure(url, other, _budget(choices.quick, rounds=4, seconds=60)),
            "keeping": lambda: keeping.measure(_budget(choices.quick, rounds=3, seconds=30)),
            "workflows": lambda: workflows.measure(_budget(choices.quick, rounds=3, seconds=60)),
        }
        found = {section: measures[section]() for section in sections}
    results = {
        "date": time.strftime("%Y-%m-%d"),
        "took_s": round(time.monotonic() - began_s),
        "machine": notes,
        **found,
    }
    figures = _figures(results, sections)
    print(figures)
    _write(results, figures, keep=not choices.quick and choices.only is None)


def _budget(quick: bool, *, rounds: int, seconds: float) -> Budget:
    return Budget(rounds=rounds, seconds=seconds / 8 if quick else seconds, quick=quick)


def _figures(results: dict[str, Any], sections: list[str]) -> str:
    modules = {
        "throughput": throughput,
        "cold_start": cold_start,
        "transports": transport_choice,
        "sandbox": sandbox,
        "serving": serving,
        "keeping": keeping,
        "workflows": workflows,
    }
    parts = [_notes(results)]
    rows = [
        [what, aim, got, "yes" if reached else "**no**"]
        for section in sections
        if section != "transports"
        for what, aim, got, reached in modules[section].targets(results[section])
    ]
    if rows:
        parts += ["### Targets", _TARGETS, str(Table(head=["what", "target", "measured", "reached"], rows=rows))]
    for section in sections:
        parts += [f"### {TITLES[section]}", *modules[section].tables(results[section])]
    return "\n\n".join(parts)


_TARGETS = "Where a row has several figures, they stand for the columns of the tables below, in their order."


def _notes(results: dict[str, Any]) -> str:
    told = results["machine"]
    libraries = ", ".join(f"{name} {number}" for name, number in told["libraries"].items())
    return (
        f"{results['date']}, {results['took_s']} s: {told['processor']}, {told['processors']} processors, "
        f"{told['memory_gb']} GB, {told['system']}, Python {told['python']}; load before the run "
        f"{told['load_before']}.\n{libraries}."
    )


def _write(results: dict[str, Any], figures: str, *, keep: bool) -> None:
    folder = HERE / "results" if keep else LOCAL
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if keep:
        replace_figures(HERE / "README.md", figures)


if __name__ == "__main__":
    main()
