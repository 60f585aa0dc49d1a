from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from limner import QuotaError
from limner.app import App, Ask
from limner.app.cost_chart import cost_svg
from limner.app.costs import budget_states, cost_report, parse_day
from limner.core.outcome import OutcomeKind
from limner.errors import InvalidRequestError, UnsupportedError
from loopback import Loopback, picture_reply, reply, serving


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[Path, Loopback]]:
    with serving(reply(picture_reply())) as server:
        home = tmp_path / "home"
        home.mkdir()
        yield home, server


def opened(home: Path, server: Loopback, budget: str = "", of_connection: str = "") -> App:
    (home / "config.toml").write_text(
        f'{budget}\n[connections.relay]\nbase_url = "{server.url}"\nkey_env = "RELAY_KEY"\n{of_connection}\n',
        encoding="utf-8",
    )
    return App.open({"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"})


def ask(app: App, **more: object) -> OutcomeKind:
    plan = app.plan(Ask(prompt="a fox", connection="relay", model="gemini-nano-banana-2.1", **more))  # type: ignore[arg-type]
    return app.run(plan).outcome.kind


@pytest.mark.parametrize(
    ("budget", "of_connection", "words"),
    [
        ("[budget]\nper_day_usd = 0.1", "", "The budget of a day is"),
        ("", "budget_per_day_usd = 0.1", "The budget of a day on 'relay' is"),
        ("[budget]\nper_run_usd = 0.01", "", "The budget of this run is"),
    ],
)
def test_a_budget_is_a_hard_stop(relay: tuple[Path, Loopback], budget: str, of_connection: str, words: str) -> None:
    home, server = relay
    with opened(home, server, budget, of_connection) as app:
        fitting = 0 if "run" in words else 1
        for _ in range(fitting):
            assert ask(app) is OutcomeKind.IMAGE
        with pytest.raises(QuotaError, match=words) as caught:
            ask(app)
        assert len(server.requests) == fitting
        assert (caught.value.code, caught.value.exit_code, caught.value.billed) == ("outcome.budget", 40, "no")


def test_several_pictures_that_do_not_fit_together_are_all_refused(relay: tuple[Path, Loopback]) -> None:
    home, server = relay
    with opened(home, server) as app:
        with pytest.raises(QuotaError, match="The budget of this run"):
            ask(app, count=4, budget_usd=Decimal("0.15"))
        assert server.requests == []
        assert app.store.journal.list_calls(limit=9) == []


def test_a_race_inside_one_process_never_exceeds_the_budget(relay: tuple[Path, Loopback]) -> None:
    home, server = relay
    with opened(home, server, "[budget]\nper_day_usd = 0.5") as app:
        each = app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1")).quote.upper_usd
        assert each is not None
        threads = [threading.Thread(target=_try, args=(app,)) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = cost_report(app.store.ledger, "day").total
        assert total.cost + total.reserved <= 500_000
        assert int(Decimal("0.5") / each) <= len(server.requests) < 40


def _try(app: App) -> None:
    try:
        ask(app)
    except QuotaError:
        return


def test_a_call_refused_at_the_last_moment_is_an_outcome_like_any_other(
    relay: tuple[Path, Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, server = relay
    monkeypatch.setattr("limner.app.app.check_budget", lambda *_: None)  # as if another process were faster
    with opened(home, server, "[budget]\nper_day_usd = 0.1") as app:
        plan = app.plan(Ask(prompt="a fox", connection="relay", model="gemini-nano-banana-2.1", count=3))
        result = app.run(plan)
        kinds = sorted(call.outcome.kind for call in result.calls)
        assert kinds == [OutcomeKind.BUDGET, OutcomeKind.BUDGET, OutcomeKind.IMAGE]
        assert len(server.requests) == 1
        refused = next(call for call in result.calls if not call.outcome.ok)
        record = app.store.journal.find(refused.call_id)
        assert record is not None
        assert (record.outcome, record.billed, record.attempts, record.cost_usd) == ("budget", "no", 0, "0.000000")


def test_an_unknown_price_is_refused_unless_told(relay: tuple[Path, Loopback]) -> None:
    home, server = relay
    with opened(home, server) as app:
        with pytest.raises(UnsupportedError, match="What this costs cannot be said") as caught:
            app.plan(Ask(prompt="a fox", connection="relay", model="who-knows"))
        assert caught.value.code == "unsupported.price"
        app.run(app.plan(Ask(prompt="a fox", connection="relay", model="who-knows", unlisted=True)))
        assert cost_report(app.store.ledger, "model").rows[0].unknown == 1
    with opened(home, server, of_connection="allow_unknown_price = true") as app:
        assert app.plan(Ask(prompt="a fox", connection="relay", model="who-knows")).quote.expected_usd is None


def test_the_sandbox_is_free_under_every_name(environment: dict[str, str]) -> None:
    with App.open(environment) as app:
        plan = app.plan(Ask(prompt="a fox", connection="sandbox", model="gemini-3-pro-image", budget_usd=Decimal(0)))
        assert plan.quote.expected_usd == 0
        assert app.run(plan).ok


def test_what_a_call_cost_is_what_its_tokens_say(relay: tuple[Path, Loopback]) -> None:
    home, server = relay
    with opened(home, server, "[budget]\nper_day_usd = 3\nper_run_usd = 2") as app:
        ask(app)
        report = cost_report(app.store.ledger, "model", since="today", connection="relay")
        # 1680 picture tokens at 30, 10 text tokens at 7.50, 4 input tokens at 1.50 dollars a million
        assert [(row.key, row.calls, row.pictures, row.cost) for row in report.rows] == [
            ("gemini-nano-banana-2.1", 1, 1, 50_400 + 75 + 6)
        ]
        assert [(state.name, state.spent_usd) for state in budget_states(app.store.ledger, app.settings)] == [
            ("each run", None),
            ("each day", Decimal("0.050481")),
        ]
        assert report.to_csv().splitlines()[1] == "gemini-nano-banana-2.1,1,1,0.050481,0.000000,0"
        assert cost_report(app.store.ledger, "day", until="2d").rows == ()


def test_the_chart_is_wellformed_whatever_the_names(relay: tuple[Path, Loopback]) -> None:
    home, server = relay
    with opened(home, server) as app:
        app.run(app.plan(Ask(prompt="a", connection="relay", model="<b>&'\"" + "x" * 99, unlisted=True)))
        chart = ElementTree.fromstring(cost_svg(cost_report(app.store.ledger, "model")))
    words = " ".join(chart.itertext())
    assert "$0.00 by model" in words
    assert "<b>&'\"" in words
    assert "1 calls of unknown price" in words


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "d", "-3d", "٣d", "1234567d", ""])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="is no day"):
        parse_day(text)


def test_days_are_those_of_the_local_clock() -> None:
    assert parse_day("today") - parse_day("1d") in (23 * 3_600_000, 24 * 3_600_000, 25 * 3_600_000)
    assert parse_day("0d") == parse_day("today")
