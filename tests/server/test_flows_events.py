from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Iterator

import pytest

from limner.app import App
from limner.runner.workflows import Workflows
from server.flowing import FILLED, FORM, OWNER, PICTURE, Owner, Told, faults, is_completed, owned, small_file


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owned(tmp_path_factory.mktemp("home"), heartbeat_s=0.3) as found:
        yield found
        assert faults(found) == []


@pytest.fixture(scope="module")
def run(owner: Owner) -> str:
    """A run that is complete."""
    found = owner.begin()
    owner.heard(found, is_completed)
    return found


@pytest.fixture(scope="module")
def whole(owner: Owner, run: str) -> list[Told]:
    """All its events."""
    return owner.heard(run, is_completed)


def test_the_events_tell_the_run_from_its_beginning_to_its_end(owner: Owner, run: str, whole: list[Told]) -> None:
    statuses = [told.data["status"] for told in whole if told.name == "stage.status" and told.data["stage"] == PICTURE]
    assert [status for status, _ in itertools.groupby(statuses)] == ["idle", "queued", "running", "completed"]
    assert [told.data["status"] for told in whole if told.name == "run.status"] == ["waiting", "running", "completed"]
    outputs = {told.data["stage"]: told.data["output"] for told in whole if told.name == "stage.output"}
    document = owner.see(f"runs/{run}")
    assert outputs == {name: stage["output"] for name, stage in document["stages"].items()}
    assert [told.data["cost"] for told in whole if told.name == "run.cost"][-1] == document["cost"]


def test_the_last_message_of_each_step_has_the_number_of_its_last_event(
    owner: Owner, run: str, whole: list[Told]
) -> None:
    cursors = [told.cursor for told in whole]
    assert cursors == sorted(set(cursors))
    stored = owner.see(f"runs/{run}/events", Accept="application/json")
    assert [event["n"] for event in stored] == list(range(1, len(stored) + 1))
    ends = {event["n"] for event in stored if not event.get("more")}
    assert {cursor.number for cursor in cursors if cursor.part == 0} == ends


def test_a_client_that_was_cut_off_anywhere_misses_nothing_and_hears_nothing_twice(
    owner: Owner, run: str, whole: list[Told]
) -> None:
    for place, last in enumerate(whole[:-1]):
        assert owner.heard(run, is_completed, after=last.id) == whole[place + 1 :]


def test_a_run_that_goes_on_by_itself_never_seems_to_wait(owner: Owner) -> None:
    document = small_file()
    second = {**document["stages"][1], "id": "second", "dependencies": [PICTURE], "promptTemplate": "A red square"}
    document["stages"].append(second)
    told = owner.heard(owner.begin(document), is_completed)
    assert [each.data["status"] for each in told if each.name == "run.status"] == ["waiting", "running", "completed"]


def test_a_client_can_go_on_while_the_run_is_under_way(owner: Owner) -> None:
    run = owner.begin()
    heard: list[Told] = []
    while not heard or not is_completed(heard[-1]):
        with owner.following(run, heard[-1].id if heard else None) as events:
            heard.append(next(events))  # and is cut off after each
    assert heard == owner.heard(run, is_completed)


def test_the_query_names_the_place_too_and_the_header_goes_first(owner: Owner, run: str, whole: list[Told]) -> None:
    with owner.following(run, query=f"?after={whole[4].id}") as events:
        assert next(events) == whole[5]
    with owner.following(run, whole[6].id, query=f"?after={whole[4].id}") as events:
        assert next(events) == whole[7]


@pytest.mark.parametrize("after", ["x", "-1", "1.x", "1" * 30, "1.2.3", "²"])
def test_what_is_no_place_is_refused(owner: Owner, run: str, after: str) -> None:
    for accept in ("application/json", "text/event-stream"):
        answer = owner.own("GET", f"runs/{run}/events", headers={**OWNER, "Accept": accept, "Last-Event-ID": after})
        assert (answer.status, answer.document["error"]["code"]) == (400, "invalid.event_id")


def test_two_clients_hear_the_same(owner: Owner) -> None:
    run = owner.begin()
    heard: list[list[Told]] = [[], []]

    def listen(place: int) -> None:
        heard[place] = owner.heard(run, is_completed)

    threads = [threading.Thread(target=listen, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard[0] == heard[1]
    assert is_completed(heard[0][-1])


def test_a_redo_is_told_to_who_is_still_there(owner: Owner) -> None:
    run = owner.begin()
    with owner.following(run) as events:
        assert next(filter(is_completed, events)).data["status"] == "completed"
        owner.do(f"runs/{run}/stages/{PICTURE}/redo", {"notes": "make it night"})
        later = list(itertools.takewhile(lambda told: not is_completed(told), events))
    assert [told.data["status"] for told in later if told.name == "run.status"] == ["running"]
    outputs = [told.data["output"] for told in later if told.name == "stage.output"]
    assert [output["images"][0]["parentImageId"] is None for output in outputs] == [False]


def test_a_change_upstream_tells_why_what_follows_is_stale(owner: Owner) -> None:
    run = owner.begin()
    last = owner.heard(run, is_completed)[-1]
    owner.do(f"runs/{run}/inputs", {FORM: {"userPrompt": "A windmill in the fog"}})
    told = owner.heard(run, lambda each: each.name == "stage.status" and each.data["stage"] == PICTURE, after=last.id)
    assert told[-1].data["status"] == "stale"
    assert told[-1].data["staleReasons"]


def test_what_another_process_does_to_a_run_is_told_too(owner: Owner) -> None:
    run = owner.do("runs", {"workflow": small_file()})["run"]
    with owner.following(run) as events, App({"LIMNER_HOME": str(owner.server._app.settings.home)}) as app:
        assert next(told for told in events if told.name == "run.status").data["status"] == "waiting"
        Workflows(app).give(run, FILLED, fill=True)
        assert next(told for told in events if told.name == "stage.output").data["stage"] == FORM


def test_a_quiet_stream_says_that_it_is_still_there(owner: Owner, run: str, whole: list[Told]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", owner.port, timeout=30)
    try:
        connection.request("GET", f"/limner/v1/runs/{run}/events?after={whole[-1].id}", headers=OWNER)
        reply = connection.getresponse()
        lines = [reply.readline().decode().strip() for _ in range(7)]
    finally:
        connection.close()
    assert lines == ["retry: 1000", ": the events of a run", "", ": still here", "", ": still here", ""]


def test_the_stored_events_come_in_pages(owner: Owner, run: str) -> None:
    stored = owner.see(f"runs/{run}/events", Accept="application/json")
    assert stored[0]["type"] == "run.started"
    assert owner.see(f"runs/{run}/events?after=2&limit=2", Accept="application/json") == stored[2:4]
    assert owner.see(f"runs/{run}/events?after=99", Accept="application/json") == []


def test_many_readers_cost_no_thread_each(owner: Owner, run: str) -> None:
    before = threading.active_count()
    streams = [owner.following(run) for _ in range(40)]
    readers = [stream.__enter__() for stream in streams]
    try:
        assert len({next(reader).id for reader in readers}) == 1
        assert threading.active_count() - before < 15
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)
