from __future__ import annotations

import io
import sys

import pytest

from limner.cli.output import Output, clean, one_line, pad, shorten, width
from limner.errors import LimnerError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    Output({"TERM": "xterm"}).note("done", "green")
    assert terminal.getvalue() == "\x1b[32mdone\x1b[0m\n"


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_and_dumb_terminals_get_none(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    output = Output(environment)
    output.note("done", "green")
    assert terminal.getvalue() == "done\n"
    assert not output.has_color


def test_what_is_no_terminal_gets_no_colors(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output({})
    output.note("done", "green")
    output.result("it", "bold")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("it\n", "done\n")


def test_quiet_leaves_results_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output({})
    output.quiet = True
    output.note("a note")
    output.warning("a warning")
    output.path("fox.png")
    output.error(LimnerError("Broken.", code="x"))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("fox.png\n", "error: Broken.\n")


def test_an_error_has_its_message_hint_and_what_was_billed(capsys: pytest.CaptureFixture[str]) -> None:
    Output({}).error(LimnerError("First.\nSecond.", code="x", hint="Try: this", billed="unknown"))
    assert capsys.readouterr().err == (
        "error: First.\n       Second.\n       Try: this\n       This call may have been billed.\n"
    )


def test_a_key_in_an_error_is_hidden_on_both_ways_out(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output({"WORK_KEY": "hunter-two-x"})
    problem = LimnerError("Bad hunter-two-x and sk-canary-4f9a8b7c6d5e", code="x", hint="hunter-two-x")
    output.error(problem)
    output.error_document(problem)
    output.note("hunter-two-x")
    captured = capsys.readouterr()
    assert "hunter-two-x" not in captured.out + captured.err
    assert "4f9a8b7c6d5e" not in captured.out + captured.err
    assert "Bad *** and ***" in captured.err


def test_characters_that_steer_a_terminal_are_shown_harmless() -> None:
    assert clean("a\x1b]0;owned\x07b\x9b31mc\u202ed") == "a�]0;owned�b�31mc�d"
    assert clean("two\nlines\tand a tab") == "two\nlines\tand a tab"


def test_text_is_put_on_one_line() -> None:
    assert one_line(" a\n\n b\tc ") == "a b c"


@pytest.mark.parametrize(("text", "columns"), [("fox", 3), ("狐", 2), ("e\u0301", 1), ("", 0)])
def test_width_counts_columns_not_characters(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(("text", "short"), [("a red fox", "a red…"), ("狐狐狐狐", "狐狐…"), ("fox", "fox")])
def test_long_text_ends_in_an_ellipsis_and_fits(text: str, short: str) -> None:
    assert shorten(text, 6) == short


def test_padding_counts_columns() -> None:
    assert pad("狐", 4) == "狐  "


def test_a_table_has_its_columns_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    Output({}).table([["A", "B"], ["longer", ("x", "red")]])
    assert capsys.readouterr().out == "A       B\nlonger  x\n"


def test_a_table_on_a_terminal_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    Output({"NO_COLOR": "1"}).table([["id", "x" * 60, "end"]], flexible=(1,))
    line = stream.getvalue().rstrip("\n")
    assert len(line) == 40
    assert line.endswith("…  end")


def test_facts_are_broken_between_words_and_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    path = "/a/very/long/path/to/a/picture/somewhere.png"
    Output({"NO_COLOR": "1"}).facts([["where", f"the picture with its parents lies in {path}"]])
    assert stream.getvalue() == f"where  the picture with its parents lies\n       in\n       {path}\n"


def test_an_encoding_without_a_character_does_not_stop_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output = Output({})
    output.result("狐")
    output.json({"text": "狐"})
    assert raw.getvalue() == b'\\u72d0\n{\n  "text": "\\u72d0"\n}\n'


def test_a_path_that_is_no_text_keeps_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    Output({}).path(b"f\xffx.png".decode("utf-8", "surrogateescape"))
    assert raw.getvalue() == b"f\xffx.png\n"
