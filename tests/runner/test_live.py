from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from limner._json import JsonObject
from limner.catalog import catalog
from limner.errors import InvalidRequestError
from limner.runner.live import LiveRuns, read_snapshot
from limner.store.runs import Extension, Runs
from limner.store.store import Store
from limner.workflow.places import Place, Places
from limner.workflow.state import RunState
from runner.flows import flow
from runner.wired import picture, stage

OpenStore = Callable[[], Store]


def places() -> Places:
    return Places({"google": Place(name="google")}, "google", catalog.load(), date(2026, 11, 20))


def live_on(store: Store) -> LiveRuns:
    return LiveRuns(store.runs, places)


def started(live: LiveRuns, runs: Runs, document: JsonObject, **more: object) -> str:
    run_id = runs.create("w", "W")
    event: JsonObject = {"type": "run.started", "workflow": document, "unattended": True, **more}
    live.extend(run_id, lambda _: [event])
    return run_id


def ended(attempt: str = "att_1", number: int = 0, **more: object) -> list[JsonObject]:
    result = {"images": [], "blocks": [], "warnings": [], "cost": "0.25", "value": "words", **more}
    return [{"type": "call.ended", "attempt": attempt, "number": number, "try": 1, "result": result}]


TEXT = flow(stage("s", "say it"))


def test_what_follows_is_appended_in_the_same_transaction(open_store: OpenStore) -> None:
    store = open_store()
    run_id = started(live_on(store), store.runs, TEXT)
    kinds = [event["type"] for event in store.runs.events(run_id)]
    assert kinds == ["run.started", "attempt.queued", "call.queued"]


def test_the_list_shows_a_run_as_running_from_the_moment_something_is_queued(open_store: OpenStore) -> None:
    store = open_store()
    live = live_on(store)
    run_id = started(live, store.runs, TEXT)
    found = store.runs.find(run_id)
    assert found is not None
    assert (found.status, found.events, found.cost_usd) == ("running", 3, Decimal(0))
    assert [each.run_id for each in store.runs.list_runs(status="running")] == [run_id]
    live.extend(run_id, lambda _: ended())
    (shown,) = store.runs.list_runs(limit=-1)
    assert (shown.status, shown.cost_usd) == ("completed", Decimal("0.25"))
    assert store.runs.list_runs(status="running") == []


def test_an_operation_that_is_refused_leaves_nothing(open_store: OpenStore) -> None:
    store = open_store()
    live = live_on(store)
    run_id = started(live, store.runs, TEXT)

    def refuse(_: RunState) -> Sequence[JsonObject]:
        raise InvalidRequestError("no", code="workflow.running")

    before = store.runs.events(run_id)
    with pytest.raises(InvalidRequestError):
        live.extend(run_id, refuse)
    assert store.runs.events(run_id) == before
    with live.reading(run_id) as state:
        assert state.number == len(before)


def test_a_transaction_that_fails_is_not_believed(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    live = live_on(store)
    run_id = started(live, store.runs, TEXT)

    def lost(run: str, seen: int, extend: Callable[[list[JsonObject]], Extension]) -> list[JsonObject]:
        extend([])  # the state has taken it in, and then the disk is full
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(store.runs, "extend", lost)
        with pytest.raises(OSError, match="no space"):
            live.extend(run_id, lambda _: ended())
    with live.reading(run_id) as state:
        assert state.attempts["att_1"].is_open


def test_another_processs_events_are_seen(open_store: OpenStore) -> None:
    one, two = open_store(), open_store()
    here, there = live_on(one), live_on(two)
    run_id = started(here, one.runs, TEXT)
    there.extend(run_id, lambda _: ended())
    with here.reading(run_id) as state:
        assert not state.attempts["att_1"].is_open


def test_the_second_of_two_that_end_the_same_request_changes_nothing(open_store: OpenStore) -> None:
    one, two = open_store(), open_store()
    here, there = live_on(one), live_on(two)
    run_id = started(here, one.runs, TEXT)
    with there.reading(run_id) as state:
        assert state.attempts["att_1"].is_open
    here.extend(run_id, lambda _: ended())
    there.extend(run_id, lambda _: ended(value="other words"))
    with there.reading(run_id) as state:
        assert state.attempts["att_1"].output == "words"
        assert state.cost_usd == Decimal("0.25")


def test_an_unknown_run_is_named(open_store: OpenStore) -> None:
    live = live_on(open_store())
    with pytest.raises(InvalidRequestError, match="run_nothing") as caught, live.reading("run_nothing"):
        pass
    assert caught.value.code == "workflow.unknown_run"


def test_a_run_that_cannot_be_read_says_so_each_time(open_store: OpenStore) -> None:
    store = open_store()
    live = live_on(store)
    run_id = started(live, store.runs, TEXT)
    with store.database.transaction() as connection:
        broken = json.dumps({"type": "run.started", "at_ms": 1, "workflow": {"id": "w"}})
        connection.execute("UPDATE run_events SET document = ? WHERE run_id = ? AND n = 1", (broken, run_id))
    other = live_on(open_store())
    for _ in range(2):
        with pytest.raises(InvalidRequestError) as caught, other.reading(run_id):
            pass
        assert caught.value.code == "workflow.snapshot"


def test_what_an_attempt_made_can_be_taken_by_another_run(open_store: OpenStore) -> None:
    store = open_store()
    live = live_on(store)
    live.extend(started(live, store.runs, TEXT), lambda _: ended())
    second = started(live, store.runs, TEXT, reuse=True)
    with live.reading(second) as state:
        assert state.attempts["att_1"].output == "words"
        assert state.cost_usd == 0
    assert "call.queued" not in [event["type"] for event in store.runs.events(second)]


def test_what_was_made_with_notes_is_for_no_other_run(open_store: OpenStore) -> None:
    store = open_store()
    live = live_on(store)
    run_id = started(live, store.runs, flow({**stage("s", "say it"), "aiRedoEnabled": True}))
    live.extend(run_id, lambda _: ended())
    queued = next(event for event in store.runs.events(run_id) if event["type"] == "attempt.queued")
    again = {**queued, "attempt": "att_2", "operation": "refine", "notes": "shorter"}
    live.extend(run_id, lambda _: [again])
    live.extend(run_id, lambda _: ended("att_2", value="shorter words"))
    known = store.runs.recall(queued["grounds"]["fingerprint"])
    assert known is not None
    assert known["output"] == "words"


def test_twenty_threads_append_without_gaps_or_losses(open_store: OpenStore) -> None:
    one, two = open_store(), open_store()
    lives = [live_on(one), live_on(two)]
    document = flow(
        picture("p", "a fox", imageGenerationSettings={"count": 8}), stage("s", "{{config.x}}"), config={"x": 1}
    )
    run_id = started(lives[0], one.runs, document)

    def change(number: int) -> None:
        live = lives[number % 2]
        live.extend(run_id, lambda _: [{"type": "update.asked", "stages": []}])
        with live.reading(run_id) as state:
            assert state.number >= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(change, range(200)))
    events = one.runs.events(run_id)
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert sum(event["type"] == "update.asked" for event in events) == 200


def test_a_snapshot_is_the_workflow_again() -> None:
    assert [stage.id for stage in read_snapshot(TEXT).stages] == ["s"]
