from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from cli.running import Run
from limner.cli.output import Output

SMALL = ("--size", "512")
KEYS = {"outcome", "images", "text", "parts", "model", "connection", "usage", "cost", "billed", "warnings", "calls"}


def png(width: int = 4, height: int = 4) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff" * 3 * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_without_a_key_the_sandbox_draws_and_stdout_has_the_path_alone(limner: Run, here: Path) -> None:
    ended = limner("generate", "a red fox in snow", "--aspect", "16:9", *SMALL)
    assert ended.code == 0
    assert ended.out == "a-red-fox-in-snow.png\n"
    assert (here / "a-red-fox-in-snow.png").read_bytes().startswith(b"\x89PNG")
    assert "Sandbox: drawn offline, free, no real model." in ended.err


def test_choosing_the_sandbox_is_not_told_again(limner: Run) -> None:
    assert "Sandbox:" not in limner("generate", "a fox", *SMALL, "--model", "sandbox-1").err


def test_several_words_are_one_prompt(limner: Run) -> None:
    assert limner("generate", "a", "red", "fox", *SMALL).out == "a-red-fox.png\n"


def test_several_pictures_have_several_lines_and_names(limner: Run, here: Path) -> None:
    ended = limner("generate", "a fox", "--count", "3", "--seed", "7", *SMALL)
    assert ended.lines == ["a-fox.png", "a-fox-2.png", "a-fox-3.png"]
    assert len({(here / name).read_bytes() for name in ended.lines}) == 3


def test_the_same_seed_gives_the_same_picture(limner: Run, here: Path) -> None:
    first, second = (
        limner("generate", "a fox", "--seed", "7", *SMALL),
        limner("generate", "a fox", "--seed", "7", *SMALL),
    )
    assert (here / first.out.strip()).read_bytes() == (here / second.out.strip()).read_bytes()


def test_what_is_there_is_never_overwritten_unasked(limner: Run, here: Path) -> None:
    (here / "a-fox.png").write_text("mine")
    assert limner("generate", "a fox", *SMALL).out == "a-fox-2.png\n"
    assert (here / "a-fox.png").read_text() == "mine"


def test_a_file_of_ones_own_name_gets_the_right_extension(limner: Run, here: Path) -> None:
    assert limner("generate", "a fox", *SMALL, "--out", "reinhart.jpg").out == "reinhart.png\n"
    assert (here / "reinhart.png").is_file()


def test_a_folder_with_a_closing_slash_is_made(limner: Run, here: Path) -> None:
    assert limner("generate", "a fox", *SMALL, "--out", "new/foxes/").out == "new/foxes/a-fox.png\n"
    assert (here / "new" / "foxes" / "a-fox.png").is_file()


def test_a_taken_name_is_refused_before_anything_is_sent_unless_overwriting(limner: Run, here: Path) -> None:
    (here / "fox.png").write_text("mine")
    refused = limner("generate", "a fox", *SMALL, "--out", "fox.png")
    assert (refused.code, refused.out) == (2, "")
    assert "--overwrite" in refused.err
    assert limner("history", "--json").document == []
    assert limner("generate", "a fox", *SMALL, "--out", "fox.png", "--overwrite").code == 0
    assert (here / "fox.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_one_document_with_every_promised_member(limner: Run, here: Path) -> None:
    document = limner("generate", "a red fox", "--aspect", "16:9", *SMALL, "--json").document
    assert set(document) >= KEYS
    assert document["outcome"] == "image"
    assert (document["model"], document["connection"]) == ("sandbox-1", "sandbox")
    assert (document["cost"], document["billed"]) == (0.0, "no")
    (image,) = document["images"]
    assert set(image) == {"path", "mimeType", "width", "height", "bytes", "sha256"}
    assert (image["mimeType"], image["width"], image["height"]) == ("image/png", 688, 384)
    assert image["bytes"] == (here / "a-red-fox.png").stat().st_size
    assert [part["type"] for part in document["parts"]].count("image") == 1


def test_full_json_has_the_reply_with_pictures_as_references(limner: Run) -> None:
    ended = limner("generate", "a red fox", *SMALL, "--json", "--full")
    sha256 = ended.document["images"][0]["sha256"]
    assert f"blob:{sha256}" in ended.out
    assert len(ended.out) < 50_000
    assert ended.document["calls"][0]["reply"][0]["candidates"][0]["finishReason"] == "STOP"


def test_quiet_leaves_the_path(limner: Run) -> None:
    ended = limner("generate", "a fox", *SMALL, "--quiet")
    assert (ended.out, ended.err) == ("a-fox.png\n", "")


def test_a_dry_run_sends_nothing_and_shows_price_and_request(limner: Run, here: Path) -> None:
    ended = limner(
        *("generate", "a fox", "--dry-run", "--aspect", "16:9", "--size", "2K", "--model", "gemini-3-pro-image"),
        GEMINI_API_KEY="AIzaSyCanary-4f9a8b7c6d5e4f3a2b1c",
    )
    assert ended.code == 0
    assert ended.document["dryRun"] is True
    (call,) = ended.document["calls"]
    assert call["url"].endswith("/v1beta/models/gemini-3-pro-image:generateContent")
    assert call["document"]["contents"][0]["parts"] == [{"text": "a fox"}]
    assert call["document"]["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
    assert ended.document["quote"]["lines"][0]["usd"] == "0.134400"
    assert "gemini-3-pro-image on google, 1 picture, about $0.1344" in ended.err
    assert "4f9a8b7c6d5e" not in ended.out + ended.err
    assert os.listdir(here) == []


def test_what_a_pipe_brings_is_added_to_the_words(limner: Run) -> None:
    limner("generate", "draw this:", *SMALL, stdin=b" a red fox\n")
    assert limner("history", "--json").document[0]["prompt"] == "draw this:\na red fox"


def test_a_dash_is_where_stdin_goes(limner: Run) -> None:
    limner("generate", "draw", "-", "in snow", *SMALL, stdin=b"a red fox\n")
    assert limner("history", "--json").document[0]["prompt"] == "draw a red fox in snow"


def test_a_pipe_alone_is_the_prompt(limner: Run) -> None:
    assert limner("generate", *SMALL, stdin="ein Fuchs – 狐".encode()).code == 0
    assert limner("history", "--json").document[0]["prompt"] == "ein Fuchs – 狐"


def test_a_loop_over_the_lines_of_a_file_does_not_lose_lines(here: Path, environment: dict[str, str]) -> None:
    (here / "prompts.txt").write_text("a fox\na pig\n")
    command = f'while read -r line; do "{sys.executable}" -m limner generate "$line" --size 512; done < prompts.txt'
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, cwd=here, check=True)
    assert ended.stdout == "a-fox.png\na-pig.png\n"


def test_a_picture_can_come_through_the_pipe(limner: Run) -> None:
    assert limner("generate", "the same at night", *SMALL, "--image", "-", stdin=png()).code == 0
    assert limner("history", "--json").document[0]["kind"] == "edit"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("a fox", "--aspect", "16:10"), 2, "Nearest: 3:2"),
        (("a fox", "--aspect", "wide"), 2, "'wide' is not an aspect ratio"),
        (("a fox", "--size", "8K"), 2, "'8K' is not a resolution"),
        (("a fox", "--count", "0"), 2, "--count 1 to 100"),
        (("a fox", "--count", "101"), 2, "--count 1 to 100"),
        (("a fox", "--seed", "-1"), 2, "Seed -1 is out of range"),
        (("a fox", "--seed", "x"), 2, "'x' is not a valid integer"),
        (("a fox", "--model", "sandbox-2"), 2, "Nearest: sandbox-1"),
        (("a fox", "--connection", "gogle"), 2, "Did you mean 'google'?"),
        (("a fox", "--model", "gemini-3-pro-image"), 2, "GEMINI_API_KEY"),
        (("a fox", "--connection", "google"), 2, "GEMINI_API_KEY"),
        ((), 2, "The prompt is empty"),
        (("  ",), 2, "The prompt is empty"),
        (("a fox", "--image", "none.png"), 2, "There is no file 'none.png'"),
        (("a fox", "--image", "folder"), 2, "'folder' cannot be read"),
        (("a fox", "--image", "text.png"), 2, "'text.png' is not a picture"),
        (("a fox", "--image", "cut.png"), 2, "'cut.png' is cut off"),
        (("a fox", "--image", "bomb.png"), 2, "Accepted: up to 100 million pixels"),
        (("a fox", "--out", "text.png/fox.png"), 2, "cannot be written"),
        (("a fox", "--out", "-"), 2, "--out takes a file or a folder"),
        (("a fox", "-", "--image", "-"), 2, "stdin cannot be both"),
    ],
)
def test_bad_input_is_refused_with_what_is_accepted(
    limner: Run, here: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    (here / "folder").mkdir()
    (here / "text.png").write_text("<svg onload=alert(1)>")
    (here / "cut.png").write_bytes(png()[:-20])
    (here / "bomb.png").write_bytes(png().replace(struct.pack(">II", 4, 4), struct.pack(">II", 50_000, 50_000)))
    ended = limner("generate", *words)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert limner("history", "--json").document == []


@pytest.mark.parametrize("stdin", [b"\xff\xfe\x00", b"x" * (300 << 10)])
def test_what_is_no_prompt_is_refused_from_a_pipe(limner: Run, stdin: bytes) -> None:
    ended = limner("generate", stdin=stdin)
    assert ended.code == 2
    assert "What came on stdin" in ended.err


def test_a_silent_pipe_is_waited_for_with_a_word(here: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", _IMPATIENT, "generate", "a fox", "--size", "512"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=here
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        assert b"Waiting for more of the prompt on stdin" in process.stderr.readline()
        out, _ = process.communicate(b"in snow")
    assert out == b"a-fox-in-snow.png\n"


@pytest.mark.parametrize(
    ("card", "outcome", "code"),
    [
        ("[[finish:IMAGE_SAFETY]]", "blocked", 11),
        ("[[text-only]]", "text_only", 10),
        ("[[empty]]", "empty", 12),
        ("[[400]]", "refused_request", 20),
        ("[[bad-key]]", "auth", 21),
        ("[[quota-zero]]", "no_quota", 22),
        ("[[region]]", "region", 24),
        ("[[gone]]", "model_gone", 25),
        ("[[html]]", "protocol", 33),
    ],
)
def test_every_ending_has_its_exit_code_and_says_the_same_as_json(
    limner: Run, card: str, outcome: str, code: int
) -> None:
    ended = limner("generate", f"a fox {card}", *SMALL, "--json")
    assert ended.code == code
    assert ended.document["outcome"] == outcome
    assert ended.document["images"] == []
    assert ended.document["error"]["code"] == f"outcome.{outcome}"
    assert ended.document["error"]["billed"] == "no"
    assert f"error: {ended.document['error']['message'].splitlines()[0]}" in ended.err


def test_a_blocked_picture_leaves_stdout_empty_and_no_file(limner: Run, here: Path) -> None:
    ended = limner("generate", "a fox [[finish:IMAGE_SAFETY]]", *SMALL)
    assert (ended.code, ended.out) == (11, "")
    assert "IMAGE_SAFETY" in ended.err
    assert os.listdir(here) == []


def test_words_of_the_model_go_to_stderr(limner: Run) -> None:
    ended = limner("generate", "a fox", *SMALL)
    assert ended.out == "a-fox.png\n"
    assert "fox" in ended.err


def test_editing_makes_a_new_file_and_leaves_the_original(limner: Run, here: Path) -> None:
    limner("generate", "a red fox", *SMALL, "--out", "fox.png")
    before = (here / "fox.png").read_bytes()
    ended = limner("edit", "fox.png", "make it night")
    assert (ended.code, ended.out) == (0, "make-it-night.png\n")
    assert (here / "fox.png").read_bytes() == before
    assert (here / "make-it-night.png").read_bytes() != before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "What should change is not said."),
        (("fox.png",), "What should change is not said."),
        (("fox.png", "fox.png"), "What should change is not said."),
        (("make it night",), "There is no picture to change."),
        (("fox.png", "make", "it", "night"), "There is no file 'make'."),
    ],
)
def test_an_edit_without_picture_or_instruction_says_how_it_is_written(
    limner: Run, here: Path, words: tuple[str, ...], message: str
) -> None:
    (here / "fox.png").write_bytes(png())
    ended = limner("edit", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "limner edit" in ended.err


def test_a_person_at_a_terminal_gets_a_summary_and_the_next_step(limner: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "on_terminal", True)
    ended = limner("generate", "a fox", "--aspect", "16:9", "--no-preview", *SMALL, "--seed", "3", TERM="dumb")
    assert ended.out == "a-fox.png\n"
    assert "sandbox-1 (sandbox, no real model) · asked 16:9 512, got 688x384 PNG · " in ended.err
    assert " · free · seed 3" in ended.err
    assert 'Next: limner edit a-fox.png "make it night"' in ended.err


def test_a_terminal_with_colors_gets_a_preview(limner: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "on_terminal", True)
    ended = limner("generate", "a fox", *SMALL, TERM="xterm-256color", COLORTERM="truecolor")
    assert "▀" in ended.err
    assert ended.out == "a-fox.png\n"


def test_ctrl_c_ends_with_130_records_the_call_and_leaves_no_file(here: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", _INTERRUPTIBLE, "generate", "a fox [[slow:60]]", "--size", "512", "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=here
    ) as process:
        assert process.stderr is not None
        assert b"sent" in process.stderr.readline() + process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b'"outcome": "cancelled"' in out
    assert b"Traceback" not in err
    assert os.listdir(here) == []


_IMPATIENT = """
import sys
from limner.cli import options
from limner.cli.main import main

options.PATIENCE_S = 0.05
sys.exit(main())
"""

_INTERRUPTIBLE = """
import sys
from limner.cli import progress
from limner.cli.main import main

def tell(self, event):
    if event.phase == "sent":
        print("sent", file=sys.stderr, flush=True)

progress.Progress.on_event = tell
sys.exit(main())
"""


def test_the_path_is_the_last_line_of_a_real_process(here: Path, environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "limner", "generate", "a fox", "--size", "512"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        cwd=here,
        check=True,
    )
    assert (here / ended.stdout.splitlines()[-1]).is_file()
    assert "\x1b" not in ended.stdout + ended.stderr
