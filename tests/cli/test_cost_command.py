from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.running import Run
from loopback import Loopback, picture_reply, reply, serving


@pytest.fixture
def relay(limner: Run) -> Iterator[Loopback]:
    with serving(reply(picture_reply())) as server:
        added = limner(
            "connections", "add", "relay", "--base-url", server.url, "--key-env", "RELAY_KEY", "--no-default"
        )
        assert added.code == 0
        yield server


KEY = "k-1234567890"


def test_what_was_spent_is_shown_with_its_sum(limner: Run, relay: Loopback) -> None:
    for prompt in ("a fox", "a hare"):
        assert limner("generate", prompt, "-c", "relay", RELAY_KEY=KEY).code == 0
    assert limner("generate", "a cat", "-c", "sandbox").code == 0
    shown = limner("cost", "--by", "connection").lines
    assert [line.split()[:4] for line in shown] == [
        ["CONNECTION", "CALLS", "PICTURES", "COST"],
        ["relay", "2", "2", "$0.1010"],
        ["sandbox", "1", "1", "$0.0000"],
        ["total", "3", "3", "$0.1010"],
    ]
    assert "█" * 24 in shown[1]


def test_the_same_numbers_come_as_json_and_as_csv(limner: Run, relay: Loopback) -> None:
    limner("generate", "a fox", "-c", "relay", RELAY_KEY=KEY)
    document = limner("cost", "--by", "model", "--json").document
    (row,) = csv.DictReader(io.StringIO(limner("cost", "--by", "model", "--csv").out))
    assert document["rows"][0]["costUsd"] == row["cost_usd"] == document["total"]["costUsd"] == "0.050481"
    assert row["model"] == "gemini-nano-banana-2.1"


def test_a_chart_is_written_as_svg(limner: Run, relay: Loopback, here: Path) -> None:
    limner("generate", "a fox", "-c", "relay", RELAY_KEY=KEY)
    assert limner("cost", "--svg", "costs.svg").out == "costs.svg\n"
    assert "$0.05 by day" in " ".join(ElementTree.parse(here / "costs.svg").getroot().itertext())
    assert limner("cost", "--svg", "missing/costs.svg").code == 50


def test_a_budget_stops_the_command_and_says_what_is_left(limner: Run, relay: Loopback) -> None:
    assert limner("cost", "budget", "--per-day", "0.10").out.split() == [
        "each", "day", "$0.10", "$0.0000", "spent", "or", "reserved",
    ]  # fmt: skip
    assert limner("generate", "a fox", "-c", "relay", RELAY_KEY=KEY).code == 0
    refused = limner("generate", "a hare", "-c", "relay", "--json", RELAY_KEY=KEY)
    assert (refused.code, refused.document["outcome"], refused.document["error"]["billed"]) == (40, "budget", "no")
    assert "The budget of a day is $0.10, of which $0.0505 are spent or reserved" in refused.err
    assert len(relay.requests) == 1
    assert limner("cost", "budget", "--per-day", "none").err.startswith("No budget is set.")
    assert limner("generate", "a hare", "-c", "relay", RELAY_KEY=KEY).code == 0


def test_a_budget_on_the_command_line_holds_for_this_command(limner: Run, relay: Loopback) -> None:
    assert limner("generate", "a fox", "-c", "relay", "--budget", "$0.05", RELAY_KEY=KEY).code == 40
    assert limner("generate", "a fox", "-c", "relay", "--budget", "0.1", RELAY_KEY=KEY).code == 0


def test_a_connection_has_a_budget_of_its_own(limner: Run, relay: Loopback) -> None:
    assert limner("cost", "budget", "-c", "relay", "--per-day", "0.01").code == 0
    assert limner("generate", "a fox", "-c", "relay", RELAY_KEY=KEY).code == 40
    documents = limner("cost", "budget", "--json").document["budgets"]
    assert [(state["name"], state["limitUsd"]) for state in documents] == [("each day on relay", "0.010000")]
    assert limner("cost", "budget", "-c", "sandbox", "--per-day", "1").code == 2
    assert limner("cost", "budget", "-c", "relay", "--per-run", "1").code == 2


@pytest.mark.parametrize("amount", ["-1", "NaN", "1e99", "five", "Infinity", ""])
def test_an_amount_that_is_none_is_refused(limner: Run, amount: str) -> None:
    refused = limner("cost", "budget", f"--per-day={amount}")
    assert refused.code == 2
    assert "error:" in refused.err


def test_an_empty_history_says_so(limner: Run) -> None:
    assert limner("cost").err == "No calls yet.\n"
    assert json.loads(limner("cost", "--json").out)["rows"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[budget]\nper_day_usd = -1", "per_day_usd must be 0 to 1,000,000 dollars"),
        ("[budget]\nper_dya_usd = 1", "Unknown setting 'per_dya_usd'. Did you mean 'per_day_usd'?"),
        ("budget = 5", "`budget` must be a table"),
        ("[connections.r]\nbase_url = 'https://a.b'\nbudget_per_day_usd = true", "budget_per_day_usd must be 0 to"),
    ],
)
def test_a_wrong_budget_in_the_settings_is_named_with_its_line(
    limner: Run, environment: dict[str, str], text: str, words: str
) -> None:
    home = Path(environment["LIMNER_HOME"])
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")
    refused = limner("cost")
    assert refused.code == 2
    assert words in refused.err
