"""Commands of Limner under an audit hook: what they write, connect to, start, unpickle and load, as JSON lines.

`python -m audited '[["generate", "a fox"], ...]'` runs them one after another. `--die-with-picture` kills the process
when the first picture has arrived, so that the next run has something to recover.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

WRITES = {
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.mkfifo",
    "os.mknod",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "shutil.rmtree",
    "shutil.move",
    "sqlite3.connect",
    "tempfile.mkstemp",
    "tempfile.mkdtemp",
}
TWO_PATHS = {"os.link", "os.rename", "os.symlink", "shutil.move"}
CONNECTS = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
STARTS = {"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn"}
LOADS = {"pickle.find_class", "ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "sqlite3.load_extension"}

_MAY_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch() -> list[dict[str, Any]]:
    """The events from now on, in a list that grows."""
    seen: list[dict[str, Any]] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & _MAY_WRITE:
            seen.append({"kind": "write", "event": event, "what": [_text(args[0])]})
        elif event in WRITES:
            seen.append(
                {"kind": "write", "event": event, "what": [_text(arg) for arg in args[: 1 + ("link" in event)]]}
            )
        elif event in CONNECTS:
            seen.append({"kind": "connect", "event": event, "what": [_text(arg) for arg in args[-1:]]})
        elif event in STARTS or event in LOADS:
            seen.append({"kind": "start" if event in STARTS else "load", "event": event, "what": [_text(args[:1])]})

    sys.addaudithook(hook)
    return seen


def main(arguments: list[str]) -> None:
    """Run the commands and print what was seen."""
    seen = watch()
    from limner import _faults
    from limner.cli.main import main as limner

    if "--die-with-picture" in arguments:
        _faults.arm("after-picture", lambda: os._exit(9))
    codes = [limner(command) for command in json.loads(arguments[0])]
    events = list(seen)
    sys.__stdout__.write("\n" + json.dumps({"codes": codes, "events": events}))  # type: ignore[union-attr]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
