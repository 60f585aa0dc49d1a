from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.running import Run
from limner.cli import main as command
from limner.cli.main import ENTRIES, help_page, main

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
HEAVY = ("PIL", "numpy", "rich", "asyncio", "http.client", "sqlite3", "platformdirs", "tomlkit", "keyring")
CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


def test_bare_limner_is_one_screen_with_three_commands_and_the_way_to_a_real_model(limner: Run) -> None:
    ended = limner()
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.lines) <= 24
    assert '  limner generate "a red fox in snow" --aspect 16:9   a picture' in ended.lines
    assert "  sandbox    works without a key, used unless you say otherwise" in ended.lines
    assert "GEMINI_API_KEY" in ended.out


def test_bare_limner_says_where_the_key_is_from_and_not_what_it_is(limner: Run) -> None:
    ended = limner(GEMINI_API_KEY=CANARY)
    assert "google     key from environment variable GEMINI_API_KEY, used unless you say otherwise" in ended.out
    assert CANARY not in ended.out


def test_help_lists_the_commands_in_the_order_a_newcomer_needs_them(limner: Run) -> None:
    ended = limner("--help")
    assert ended.code == 0
    listed = [line.split()[0] for line in ended.out.partition("Commands:\n")[2].splitlines()]
    assert listed == [
        "studio",
        "generate",
        "edit",
        "compare",
        "upscale",
        "chat",
        "prompt",
        "new",
        "run",
        "plan",
        "resume",
        "work",
        "redo",
        "select",
        "runs",
        "validate",
        "fmt",
        "migrate",
        "schema",
        "targets",
        "models",
        "connections",
        "history",
        "show",
        "lineage",
        "copy",
        "report",
        "trash",
        "export",
        "import",
        "files",
        "cost",
        "serve",
        "recover",
        "doctor",
    ]


@pytest.mark.parametrize("words", [(), *((name,) for name in ENTRIES), ("connections", "add"), ("models", "show")])
def test_help_of_every_command_shows_an_example_before_the_usage(limner: Run, words: tuple[str, ...]) -> None:
    ended = limner(*words, "--help")
    assert ended.code == 0
    example = ended.out.index(" ".join(("\n  limner", *words)))
    assert example < ended.out.index("Usage: ")


def test_the_summaries_in_the_table_are_those_of_the_commands() -> None:
    context = click.Context(command.limner)
    for name, entry in ENTRIES.items():
        found = command.limner.get_command(context, name)
        assert found is not None
        assert (found.help or "").splitlines()[0].rstrip(".") in entry.summary


def test_version_is_printed(limner: Run) -> None:
    assert limner("--version").out.startswith("limner ")


def test_neither_help_nor_the_first_screen_import_anything_heavy(environment: dict[str, str]) -> None:
    program = (
        "import sys; from limner.cli.main import main; code = main([*sys.argv[1:]]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    for words in ([], ["--help"], ["generate", "--help"], ["models"]):
        ended = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, env=environment, check=True
        )
        assert ended.stderr.splitlines()[-1] == "[]", words


def test_the_module_can_be_run(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "limner", "--version"], capture_output=True, text=True, env=environment, check=True
    )
    assert ended.stdout.startswith("limner ")


def test_an_unknown_command_is_answered_with_the_nearest(limner: Run) -> None:
    ended = limner("genrate", "a fox")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no command 'genrate'. Did you mean 'generate'?" in ended.err
    assert "Try: limner --help" in ended.err


def test_a_prompt_without_a_command_is_answered_with_the_command(limner: Run) -> None:
    ended = limner("a red fox in snow")
    assert ended.code == 2
    assert 'Try: limner generate "a red fox in snow"' in ended.err


def test_an_unknown_option_is_a_usage_error_that_names_the_help(limner: Run) -> None:
    ended = limner("generate", "a fox", "--aspekt", "1:1")
    assert (ended.code, ended.out) == (2, "")
    assert "--aspekt" in ended.err
    assert "Try: limner generate --help" in ended.err


def test_with_json_a_usage_error_is_a_document_as_well(limner: Run) -> None:
    ended = limner("generate", "a fox", "--count", "many", "--json")
    assert ended.code == 2
    assert ended.document["outcome"] is None
    assert ended.document["error"]["code"] == "usage"
    assert ended.document["error"]["billed"] == "no"
    assert "'many'" in ended.document["error"]["message"]
    assert "error: " in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("models", "show", CANARY),
        ("show", CANARY),
        ("connections", "add", "comet", "--preset", "cometapi", CANARY),
        ("connections", "add", "comet", "--api-key", CANARY),
        ("connections", "add", "comet", f"--api-key={CANARY}"),
        ("connections", "test", CANARY),
        ("connections", "default", CANARY),
        (CANARY,),
        ("generate", "a fox", "--count", CANARY),
        ("generate", "a fox", "--connection", CANARY),
        ("run", CANARY),
        ("runs", "show", CANARY),
        ("redo", CANARY, "logo"),
        ("targets", "test", CANARY),
    ],
)
def test_a_key_typed_in_the_wrong_place_is_never_repeated(limner: Run, words: tuple[str, ...]) -> None:
    for ended in (limner(*words), limner(*words, "--json")):
        assert ended.code == 2
        assert CANARY not in ended.out + ended.err
        assert "Traceback" not in ended.err


def test_ctrl_c_ends_with_130_and_one_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(command.limner.commands, "stop", click.Command("stop", callback=_press_ctrl_c))
    assert main(["stop"], {}) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_fault_of_our_own_is_one_message_without_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.limner.commands, "break", click.Command("break", callback=_break))
    assert main(["break"], {}) == 70
    shown = capsys.readouterr().err
    assert "error: This is a fault in Limner: ZeroDivisionError: ***" in shown
    assert "Traceback" not in shown


def test_the_traceback_is_shown_when_asked_for_without_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.limner.commands, "break", click.Command("break", callback=_break))
    assert main(["break"], {"LIMNER_DEBUG": "1"}) == 70
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert CANARY not in shown


def test_a_reader_that_goes_away_is_no_error(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        f'"{sys.executable}" -m limner models show sandbox-1 | head -c 1 > /dev/null',
        shell=True,
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert ended.stderr == ""


def test_a_shell_can_complete_commands(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "limner"],
        capture_output=True,
        text=True,
        env={**environment, "_LIMNER_COMPLETE": "bash_complete", "COMP_WORDS": "limner gen", "COMP_CWORD": "1"},
        check=False,
    )
    assert ended.stdout == "plain,generate\n"


def test_the_help_page_is_fresh() -> None:
    assert DOCS.read_text(encoding="utf-8") == help_page(), "run: python -m limner.cli.help_page > docs/cli.md"


def _press_ctrl_c() -> None:
    raise KeyboardInterrupt


def _break() -> None:
    raise ZeroDivisionError(CANARY)
