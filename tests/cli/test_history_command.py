from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import Run

SMALL = ("--size", "512")


def test_an_empty_history_says_so(limner: Run) -> None:
    ended = limner("history")
    assert (ended.code, ended.out, ended.err) == (0, "", "No calls yet.\n")


def test_the_newest_call_comes_first_with_outcome_cost_and_picture(limner: Run) -> None:
    limner("generate", "a red fox", *SMALL)
    limner("generate", "a pink pig [[finish:IMAGE_SAFETY]]", *SMALL)
    lines = limner("history").lines
    assert [head for head in lines[0].split()] == ["ID", "WHEN", "MODEL", "OUTCOME", "COST", "PICTURE", "PROMPT"]
    assert "blocked" in lines[1]
    assert "a pink pig" in lines[1]
    assert "a-red-fox.png" in lines[2]
    assert "free" in lines[2]


def test_search_finds_by_the_words_of_the_prompt(limner: Run) -> None:
    limner("generate", "a red fox", *SMALL)
    limner("generate", "a pink pig", *SMALL)
    assert [call["prompt"] for call in limner("history", "--search", "PINK", "--json").document] == ["a pink pig"]
    assert "Nothing matches." in limner("history", "--search", "owl").err


def test_limit_bounds_the_list(limner: Run) -> None:
    limner("generate", "a fox", "--count", "3", *SMALL)
    assert len(limner("history", "--limit", "2", "--json").document) == 2
    assert limner("history", "--limit", "0").code == 2


def test_a_call_as_json_has_times_cost_and_pictures(limner: Run, here: Path) -> None:
    limner("generate", "a fox", "--seed", "7", *SMALL)
    (call,) = limner("history", "--json").document
    assert (call["state"], call["outcome"], call["billed"], call["cost"]) == ("done", "image", "no", 0.0)
    assert call["asked"]["seed"] == 7
    assert call["createdAt"].endswith("Z")
    assert call["images"][0]["path"] == str(here / "a-fox.png")


def test_a_picture_is_shown_by_its_file_wherever_it_is_now(limner: Run, here: Path) -> None:
    limner("generate", "a red fox", *SMALL)
    (here / "a-red-fox.png").rename(here / "moved.png")
    ended = limner("show", "moved.png", "--json")
    assert ended.document["prompt"] == "a red fox"
    assert ended.document["images"][0]["unchanged"] is False
    assert Path(ended.document["images"][0]["stored"]).is_file()


def test_a_call_is_shown_by_the_beginning_of_its_id(limner: Run) -> None:
    limner("generate", "a red fox", "--aspect", "16:9", *SMALL)
    call_id = limner("history", "--json").document[0]["id"]
    ended = limner("show", call_id[:12])
    assert ended.code == 0
    assert f"id       {call_id}" in ended.lines
    assert "model    sandbox-1 on sandbox" in ended.lines
    assert "prompt   a red fox" in ended.lines
    assert "billed   no, free" in ended.lines
    assert any(line.startswith("picture  688x384 image/png") for line in ended.lines)


def test_an_edit_names_the_call_that_made_its_parent(limner: Run) -> None:
    limner("generate", "a red fox", *SMALL, "--out", "fox.png")
    limner("edit", "fox.png", "make it night")
    newest, oldest = limner("history", "--json").document
    assert newest["kind"] == "edit"
    assert limner("show", newest["id"], "--json").document["parents"][0]["call"] == oldest["id"]
    assert f"parent   made by {oldest['id']}" in limner("show", newest["id"]).out


def test_full_adds_the_exact_request_and_reply(limner: Run) -> None:
    limner("generate", "a red fox", *SMALL)
    call_id = limner("history", "--json").document[0]["id"]
    document = limner("show", call_id, "--full", "--json").document
    assert document["request"]["contents"][0]["parts"][0]["text"] == "a red fox"
    assert document["reply"][0]["candidates"][0]["finishReason"] == "STOP"
    assert '"text": "a red fox"' in limner("show", call_id, "--full").out


def test_a_refusal_is_shown_with_its_reason(limner: Run) -> None:
    limner("generate", "a fox [[finish:IMAGE_SAFETY]]", *SMALL)
    call_id = limner("history", "--json").document[0]["id"]
    assert any(line.startswith("outcome  blocked (IMAGE_SAFETY)") for line in limner("show", call_id).lines)


@pytest.mark.parametrize(("what", "message"), [("zzzz", "neither a call nor a file 'zzzz'"), ("", "neither a call")])
def test_an_unknown_call_is_refused_with_where_to_look(limner: Run, what: str, message: str) -> None:
    ended = limner("show", what)
    assert ended.code == 2
    assert message in ended.err
    assert "limner history" in ended.err


def test_a_file_from_elsewhere_is_refused(limner: Run, here: Path) -> None:
    (here / "other.png").write_bytes(b"other")
    ended = limner("show", "other.png")
    assert ended.code == 2
    assert "'other.png' was not made by this Limner" in ended.err


def test_an_ambiguous_id_lists_the_candidates(limner: Run) -> None:
    limner("generate", "a fox", "--count", "2", *SMALL)
    first = limner("history", "--json").document[0]["id"]
    ended = limner("show", first[:2])
    assert ended.code == 2
    assert first in ended.err
    assert "Give more of the id." in ended.err
