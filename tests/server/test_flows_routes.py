"""Every address for workflows keeps the rules that all addresses keep, with its own token and its own errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.server.auth import MAX_WRONG_TOKENS
from limner.server.flow_routes import FLOW_ROUTES
from limner.server.routes import ROUTES, Route
from server.asking import GENERATE, KEY, Asker
from server.flowing import IMAGE_FILE, OWNER, PICTURE, TOKEN, Owner, error_of, faults, owned

NAMES = {"run": "run_0000000000000000", "stage": PICTURE, "asset": "img_" + "0" * 16}
INTENDED = {200, 201, 400, 404, 409, 413, 415, 422}


def place(route: Route) -> str:
    path = route.path
    for name, value in NAMES.items():
        path = path.replace(f"{{{name}}}", value)
    return path


every_route = pytest.mark.parametrize("route", FLOW_ROUTES, ids=lambda route: route.operation)
every_post = pytest.mark.parametrize(
    "route", [each for each in FLOW_ROUTES if each.method == "POST"], ids=lambda route: route.operation
)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owned(tmp_path_factory.mktemp("home"), json_bytes=100_000, header_bytes=4_000, picture_bytes=1_000) as found:
        yield found
        assert faults(found) == []


@every_route
def test_every_address_demands_the_token(owner: Owner, route: Route) -> None:
    for headers in ({}, {"x-goog-api-key": ""}, {"Authorization": "Bearer "}):
        answer = owner.ask(route.method, place(route), headers=headers)
        assert (answer.status, error_of(answer)["code"]) == (401, "server.token")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, ""),
        ({"x-goog-api-key": TOKEN}, ""),
        ({}, f"?key={TOKEN}"),
        ({}, f"?access_token={TOKEN}"),
    ],
)
def test_the_token_is_taken_in_every_form(owner: Owner, headers: dict[str, str], query: str) -> None:
    assert owner.get(f"/limner/v1/runs{query}", headers=headers).status == 200


@pytest.mark.parametrize("wrong", ["x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "[[429]]", "é" * 5])
def test_a_wrong_token_is_401(owner: Owner, wrong: str) -> None:
    answer = owner.get("/limner/v1/runs", headers={"x-goog-api-key": wrong})
    assert (answer.status, error_of(answer)["code"]) == (401, "server.token")


def test_the_sandbox_beside_it_takes_any_key(owner: Owner) -> None:
    assert owner.generate("a fox [[text-only]]", target=GENERATE, headers=KEY).status == 200


@every_route
def test_no_address_answers_to_another_name_or_to_a_strangers_page(owner: Owner, route: Route) -> None:
    strangers = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    for strange in ({"Host": "evil.example"}, *strangers):
        answer = owner.ask(route.method, place(route), headers={**OWNER, **strange})
        assert (answer.status, error_of(answer)["code"]) == (403, "server.stranger")
        assert "access-control-allow-origin" not in answer.headers


@every_route
def test_every_address_limits_its_headers(owner: Owner, route: Route) -> None:
    answer = owner.ask(route.method, place(route), headers={**OWNER, "x-long": "x" * 5_000})
    assert (answer.status, error_of(answer)["code"]) == (431, "server.headers")


@every_post
def test_every_address_with_a_body_limits_it(owner: Owner, route: Route) -> None:
    headers = {**OWNER, "Content-Type": "image/png"}
    answer = owner.post(place(route), b'{"workflow": "' + b"x" * 110_000 + b'"}', headers=headers)
    assert (answer.status, error_of(answer)["code"]) == (413, "server.too_large")


@every_route
def test_every_answer_is_named_and_inert(owner: Owner, route: Route) -> None:
    answer = owner.ask(route.method, place(route), headers=OWNER)
    assert answer.status in INTENDED
    assert answer.headers["x-limner-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.status >= 400:
        assert error_of(answer)["billed"] == "no"
    event = owner.noted(answer)
    assert (event["operation"], event["status"]) == (route.operation, answer.status)
    assert TOKEN not in str(event)


@every_post
def test_what_is_no_json_object_is_refused(owner: Owner, route: Route) -> None:
    if route.operation == "uploadAsset":
        return
    for body in (b"[]", b"{", b"x", b'{"a": NaN}', b'{"a":' * 200 + b"1" + b"}" * 200, b"\xff\xfe"):
        answer = owner.post(place(route), body, headers=OWNER)
        assert (answer.status, error_of(answer)["code"]) == (400, "server.request")


def test_the_operations_are_named_once() -> None:
    names = [route.operation for route in (*ROUTES, *FLOW_ROUTES)]
    own = [route.operation for route in FLOW_ROUTES]
    assert [name for name in own if names.count(name) > 1] == []


@pytest.mark.parametrize("path", ["nowhere", "runs/run_0/nothing", "", "runs/../runs", "workflows", "assets/a/b"])
def test_other_addresses_are_404_in_the_same_shape(owner: Owner, path: str) -> None:
    answer = owner.own("GET", path)
    assert (answer.status, error_of(answer)["code"]) == (404, "server.address")


def test_a_prefix_changes_nothing(owner: Owner) -> None:
    assert owner.get("/behind/a/proxy/limner/v1/runs", headers=OWNER).status == 200
    assert owner.get("/limner/v1beta/runs", headers=OWNER).status == 404


@pytest.fixture(scope="module")
def run(owner: Owner) -> str:
    """A run that waits for its form."""
    return str(owner.do("runs", {"workflow": IMAGE_FILE})["run"])


def test_where_workflows_are_not_offered_their_addresses_are_not_there(lasting: Asker) -> None:
    for route in FLOW_ROUTES:
        answer = lasting.ask(route.method, place(route), headers={**KEY, **OWNER})
        assert (answer.status, error_of(answer)["code"]) == (404, "server.address")
        assert "--workflows" in error_of(answer)["hint"]


def test_who_guesses_is_told_to_wait_and_the_owner_is_not(owner: Owner) -> None:
    wrong = {"Authorization": "Bearer a-guess"}
    answers = [owner.get("/limner/v1/runs", headers=wrong) for _ in range(MAX_WRONG_TOKENS + 1)]
    assert answers[0].status in (401, 429)
    assert (answers[-1].status, error_of(answers[-1])["code"]) == (429, "server.too_many")
    assert owner.get("/limner/v1/runs", headers=OWNER).status == 200


def test_to_look_at_something_changes_nothing_on_the_disk(owner: Owner, run: str) -> None:
    home: Path = owner.server._app.settings.home

    def state() -> dict[str, tuple[int, int]]:
        found = ((str(path), path.stat()) for path in home.rglob("*") if path.is_file() and "jobs" not in path.name)
        return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found}

    before = state()
    for route in FLOW_ROUTES:
        if route.method == "GET":
            target = place(route).replace(NAMES["run"], run)
            owner.ask("GET", target, headers={**OWNER, "Accept": "application/json"})
    assert state() == before
