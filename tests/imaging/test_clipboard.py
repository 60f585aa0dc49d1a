"""The commands are small shell scripts on a search path of their own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from limner.errors import ConfigError, InvalidRequestError, UsageError
from limner.imaging.clipboard import read_picture


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (7, 5), "red").save(buffer, "PNG")
    return buffer.getvalue()


def command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def desktop(folder: Path, **variables: str) -> dict[str, str]:
    return {"PATH": str(folder), **variables}


def refused(environment: dict[str, str], system: str = "linux", timeout_s: float = 10.0) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_picture(environment, system, timeout_s=timeout_s)
    return caught.value


def wayland(folder: Path, *, types: str, content: bytes) -> dict[str, str]:
    (folder / "content").write_bytes(content)
    command(
        folder,
        "wl-paste",
        f"""if [ "$1" = --list-types ]; then printf '{types}'; exit; fi
[ "$*" = "--no-newline --type image/png" ] && exec /bin/cat '{folder}/content'
exit 1""",
    )
    return desktop(folder, WAYLAND_DISPLAY="wayland-0")


def test_a_picture_is_read_under_wayland(tmp_path: Path) -> None:
    environment = wayland(tmp_path, types=r"text/html\nimage/png\nimage/bmp\n", content=png())
    assert read_picture(environment, "linux") == png()


def test_a_picture_is_read_under_x11(tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(png())
    command(
        tmp_path,
        "xclip",
        f"""case "$*" in
"-selection clipboard -out -target TARGETS") printf 'TARGETS\\nimage/png\\n';;
"-selection clipboard -out -target image/png") exec /bin/cat '{tmp_path}/content';;
*) exit 1;;
esac""",
    )
    assert read_picture(desktop(tmp_path, DISPLAY=":0"), "linux") == png()


def test_a_picture_is_read_on_a_mac_by_pngpaste(tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(png())
    command(tmp_path, "pngpaste", f"[ \"$1\" = - ] && exec /bin/cat '{tmp_path}/content'")
    assert read_picture(desktop(tmp_path), "darwin") == png()


def test_a_picture_is_read_on_a_mac_without_pngpaste(tmp_path: Path) -> None:
    command(tmp_path, "osascript", f"printf '«data PNGf{png().hex().upper()}»\\n'")
    assert read_picture(desktop(tmp_path), "darwin") == png()


def test_text_on_the_clipboard_is_named(tmp_path: Path) -> None:
    error = refused(wayland(tmp_path, types=r"text/plain\nUTF8_STRING\n", content=b""))
    assert isinstance(error, InvalidRequestError)
    assert error.code == "invalid.clipboard"
    assert error.message.startswith("The clipboard holds no picture: it offers text/plain, UTF8_STRING.")


def test_an_empty_clipboard_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "it is empty" in refused(wayland(tmp_path, types="", content=b"")).message


def test_what_only_claims_to_be_a_picture_is_refused(tmp_path: Path) -> None:
    error = refused(wayland(tmp_path, types=r"image/png\n", content=b"<html>"))
    assert "it is a web page, not a raster picture" in error.message


def test_text_on_the_clipboard_of_a_mac_is_no_picture(tmp_path: Path) -> None:
    command(tmp_path, "osascript", "exit 1")
    assert refused(desktop(tmp_path), "darwin").code == "invalid.clipboard"


@pytest.mark.parametrize(
    ("variables", "system", "hint"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "Try: sudo apt install wl-clipboard"),
        ({"DISPLAY": ":0"}, "linux", "Try: sudo apt install xclip"),
        ({}, "darwin", "Try: brew install pngpaste"),
        ({}, "linux", "Try: save the picture and give its path"),
    ],
)
def test_a_missing_command_is_said_with_what_to_install(
    tmp_path: Path, variables: dict[str, str], system: str, hint: str
) -> None:
    error = refused(desktop(tmp_path, **variables), system)
    assert isinstance(error, ConfigError)
    assert error.code == "config.clipboard_tool"
    assert error.hint == hint


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    command(tmp_path, "pngpaste", "exec /bin/sleep 60")
    error = refused(desktop(tmp_path), "darwin", timeout_s=0.1)
    assert error.message == "The clipboard cannot be read: 'pngpaste' gave no answer within 0.1 s."


def test_a_command_that_never_stops_writing_is_ended(tmp_path: Path) -> None:
    command(tmp_path, "pngpaste", "exec /bin/cat /dev/zero")
    assert "it is larger than 100 MB" in refused(desktop(tmp_path), "darwin").message
