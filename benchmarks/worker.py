"""One measured process: `python -m benchmarks.worker CLIENT URL SIZE_BYTES COUNT CONCURRENCY FOLDER`.

Makes one picture first, which is not measured (imports, connections, the data folder), then COUNT. Prints one line of
JSON: CPU time of this process and wall time, both in seconds, the peak of its memory in MB, and page faults.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks import replies
from benchmarks.peers import CLIENTS, PictureClient


def measure(client: PictureClient, size_bytes: int, count: int, concurrency: int) -> dict[str, float]:
    """What making `count` pictures took. Raises `ValueError` if a file is wrong."""
    client.make(1, 1)
    before, began_s = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    paths = client.make(count, concurrency)
    ended_s, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    peak_mb = peak_memory_mb()
    replies.check(paths, size_bytes)
    if len(paths) != count:
        raise ValueError(f"{len(paths)} of {count} pictures came")
    return {
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "system_s": after.ru_stime - before.ru_stime,
        "wall_s": ended_s - began_s,
        "peak_mb": peak_mb,
        "faults": after.ru_minflt - before.ru_minflt,
    }


def peak_memory_mb(process: int | None = None) -> float:
    """The most memory a process, by default this one, ever had resident, in MB of 10^6 bytes."""
    for line in Path(f"/proc/{process or 'self'}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("this system does not tell VmHWM")


def main() -> None:
    name, url, size_bytes, count, concurrency, folder = sys.argv[1:]
    client = CLIENTS[name](f"{url}/{size_bytes}", Path(folder))
    try:
        print(json.dumps(measure(client, int(size_bytes), int(count), int(concurrency))))
    finally:
        client.close()


if __name__ == "__main__":
    main()
