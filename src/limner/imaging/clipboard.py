"""The picture on the system clipboard, fetched by the desktop's own command."""

from __future__ import annotations

import io
import os
import selectors
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from limner import _clock
from limner.core.picture import NotAPicture, measure
from limner.errors import ConfigError, InvalidRequestError

MAX_BYTES = 100_000_000
"""The largest picture taken from the clipboard, in bytes: what a provider takes inline."""

TIMEOUT_S = 10.0
"""How long one command may take. A clipboard whose owner hangs would hold it for ever."""

_TYPES = ("image/png", "image/jpeg", "image/webp", "image/tiff", "image/bmp")
"""What is asked of the clipboard, best first."""

_OSASCRIPT = ("osascript", "-e", "get the clipboard as «class PNGf»")


def read_picture(environment: Mapping[str, str], system: str, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """The bytes of the picture on the clipboard; measured, so they are one.

    `environment` finds and feeds the command, `system` is `sys.platform`. Raises `ConfigError`
    (`config.clipboard_tool`) where no command can do it, saying what to install, and `InvalidRequestError`
    (`invalid.clipboard`) where the clipboard holds no picture.
    """
    content = _read_mac(environment, timeout_s) if system == "darwin" else _read_linux(environment, timeout_s)
    try:
        measure(io.BytesIO(content))
    except NotAPicture as fault:
        raise _no_picture(str(fault)) from fault
    return content


def _read_mac(environment: Mapping[str, str], timeout_s: float) -> bytes:
    if _has("pngpaste", environment):
        return _run(("pngpaste", "-"), environment, timeout_s)
    if not _has("osascript", environment):
        raise _no_tool("pngpaste", "brew install pngpaste")
    text = _run(_OSASCRIPT, environment, timeout_s).decode("ascii", "replace").strip()
    digits = text.partition("PNGf")[2].rstrip("»�")
    try:
        return bytes.fromhex(digits)
    except ValueError as fault:
        raise _no_picture("it cannot be read as PNG") from fault


def _read_linux(environment: Mapping[str, str], timeout_s: float) -> bytes:
    if environment.get("WAYLAND_DISPLAY"):
        if not _has("wl-paste", environment):
            raise _no_tool("wl-paste", "sudo apt install wl-clipboard")
        offered = _run(("wl-paste", "--list-types"), environment, timeout_s)
        return _run(("wl-paste", "--no-newline", "--type", _best_type(offered)), environment, timeout_s)
    if environment.get("DISPLAY"):
        if not _has("xclip", environment):
            raise _no_tool("xclip", "sudo apt install xclip")
        get = ("xclip", "-selection", "clipboard", "-out", "-target")
        offered = _run((*get, "TARGETS"), environment, timeout_s)
        return _run((*get, _best_type(offered)), environment, timeout_s)
    raise ConfigError(
        "There is no clipboard here: neither WAYLAND_DISPLAY nor DISPLAY is set.\nAccepted: a graphical session.",
        code="config.clipboard_tool",
        hint="Try: save the picture and give its path",
    )


def _best_type(offered: bytes) -> str:
    types = offered.decode("utf-8", "replace").split()
    for mime_type in _TYPES:
        if mime_type in types:
            return mime_type
    raise _no_picture(f"it offers {', '.join(types[:5])}" if types else "it is empty")


def _has(command: str, environment: Mapping[str, str]) -> bool:
    return shutil.which(command, path=environment.get("PATH", os.defpath)) is not None


def _run(command: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> bytes:
    """What the command writes to its standard output, at most `MAX_BYTES` and within `timeout_s`."""
    path = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    assert path is not None
    with (
        subprocess.Popen(  # noqa: S603 - a fixed argument list, no shell
            (path, *command[1:]),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process
    ):
        try:
            content = _read_bounded(process, command[0], timeout_s)
            failed = process.wait(timeout_s) != 0
        except subprocess.TimeoutExpired as fault:
            raise _no_answer(command[0], timeout_s) from fault
        finally:
            process.kill()
    if failed:
        raise _no_picture(f"{command[0]} found none")
    return content


def _read_bounded(process: subprocess.Popen[bytes], name: str, timeout_s: float) -> bytes:
    assert process.stdout is not None
    deadline_s = _clock.monotonic_s() + timeout_s
    content = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(deadline_s - _clock.monotonic_s(), 0)):
                raise _no_answer(name, timeout_s)
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                return bytes(content)
            content += piece
            if len(content) > MAX_BYTES:
                raise _no_picture(f"it is larger than {MAX_BYTES / 1e6:.0f} MB")


def _no_tool(command: str, install: str) -> ConfigError:
    return ConfigError(
        f"The clipboard cannot be read: the command {command!r} is not installed.",
        code="config.clipboard_tool",
        hint=f"Try: {install}",
    )


def _no_answer(command: str, timeout_s: float) -> InvalidRequestError:
    return InvalidRequestError(
        f"The clipboard cannot be read: {command!r} gave no answer within {timeout_s:g} s.",
        code="invalid.clipboard",
        hint="Try: copy the picture again, or save it and give its path",
    )


def _no_picture(why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The clipboard holds no picture: {why}.\nAccepted: {', '.join(_TYPES)}.",
        code="invalid.clipboard",
        hint="Try: copy a picture, or give the path of one",
    )
