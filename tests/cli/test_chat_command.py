from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import Run
from loopback import PNG_1X1

FIRST = ("chat", "a red fox in a meadow", "-c", "sandbox")


def test_one_message_makes_one_picture_and_says_how_to_go_on(limner: Run, here: Path) -> None:
    ended = limner(*FIRST)
    assert ended.code == 0
    (path,) = ended.lines
    assert (here / path).read_bytes().startswith(b"\x89PNG")
    assert "Next: limner chat --continue " in ended.err


def test_the_last_conversation_goes_on(limner: Run) -> None:
    limner(*FIRST)
    ended = limner("chat", "--continue", "last", "make it night", "--json")
    assert (ended.code, ended.document["outcome"], ended.document["branch"]) == (0, "image", "main")
    listed = limner("chat", "--list", "--json").document
    assert [(each["id"], each["title"]) for each in listed] == [(ended.document["chat"], "a red fox in a meadow")]


def test_lines_from_a_pipe_are_taken_one_by_one(limner: Run, here: Path) -> None:
    (here / "hat.png").write_bytes(PNG_1X1)
    lines = (
        "a red fox in a meadow", "make it night", "/turns", "/branch winter", "make it snow", "/undo", "/branches",
        "/switch main", "/attach hat.png", "put the hat on the fox", "/save fox.png", "/save story.html",
        "/cost", "/quit", "never said",
    )  # fmt: skip
    ended = limner("chat", "-c", "sandbox", stdin="\n".join(lines).encode())
    assert ended.code == 0, ended.err
    assert "On a new branch, 'winter'." in ended.err
    assert "1 pictures go with the next message." in ended.err
    assert "free for this conversation" in ended.err
    assert ended.lines[-2:] == ["fox.png", "story.html"]
    page = (here / "story.html").read_text("utf-8")
    assert page.count("<img ") == 4
    assert "put the hat on the fox" in page
    assert "never said" not in ended.out + ended.err
    assert [line[0] for line in ended.lines if " main  " in line or " winter  " in line] == [" ", "*"]


def test_the_turns_are_told_with_their_ids_to_go_back_to(limner: Run) -> None:
    limner(*FIRST)
    told = limner("chat", "--continue", "last", stdin=b"make it night\n/turns\n")
    ids = [line.split()[0] for line in told.lines if line and line[0] not in " /" and "png" not in line]
    assert len(ids) == 2
    back = limner("chat", "--continue", "last", stdin=f"/switch {ids[0]}\n/turns\n".encode())
    assert "On branch 'branch-2', 1 turns." in back.err


def test_an_error_ends_nothing_and_is_the_exit_code(limner: Run) -> None:
    ended = limner("chat", "-c", "sandbox", stdin=b"a fox [[finish:IMAGE_SAFETY]]\n/cost\n")
    assert ended.code == 11
    assert "error: The provider refused" in ended.err
    assert "for this conversation" in ended.err
    assert limner("chat", "--continue", "last", stdin=b"/retry\n").code == 11


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/fly", "There is no /fly."),
        ("/switch nowhere", "There is no branch 'nowhere'."),
        ("/switch", "Something is missing."),
        ("/model", "Something is missing."),
        ("/model gemini-nano-bananna", "is not in the catalog"),
        ("/attach missing.png", "There is no file 'missing.png'."),
        ("/aspect wide", "'wide' is not"),
        ("/size huge", "'huge' is not"),
        ("/save fox.png", "There is no picture yet."),
        ("/retry", "Nothing was said yet."),
        ("/save 'open", "There is no picture yet."),
    ],
)
def test_a_wrong_word_is_answered_with_what_would_be_right(limner: Run, line: str, words: str) -> None:
    ended = limner("chat", "-c", "sandbox", stdin=line.encode())
    assert ended.code != 0
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_another_model_is_told_what_is_left_behind(limner: Run) -> None:
    ended = limner(
        "chat", "-c", "sandbox", "-m", "gemini-3.1-flash-image", "--size", "512",
        stdin=b"a fox\n/model gemini-nano-banana-2.1\nmake it night\n",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "left behind" in ended.err
    assert "does not take the size '512'" in ended.err


def test_a_conversation_begins_with_a_picture_made_before(limner: Run) -> None:
    (path,) = limner("generate", "a red fox in a meadow", "-c", "sandbox").lines
    assert limner("chat", "--from", path, "make it night", "-c", "sandbox").code == 0
    refused = limner("chat", "--from", "nothing", "x")
    assert (refused.code, "There is neither a call nor a file" in refused.err) == (2, True)


@pytest.mark.parametrize("name", ["zzzz", "%", ""])
def test_an_unknown_conversation_is_refused(limner: Run, name: str) -> None:
    refused = limner("chat", "--continue", name, "x", "--json")
    assert (refused.code, json.loads(refused.out)["error"]["code"]) == (2, "invalid.unknown_chat")
    assert limner("chat", "--continue", "last").code == 2
