"""Faults at system calls: which there are, and what comes of each."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from faults.bench import Bench, Place, Ran
from faults.invariants import Owed, Verdict, broken_after_fault, broken_after_restart

DURABLE = (
    "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,ftruncate,"
    "mkdir,mkdirat,connect,sendto,recvfrom"
)
"""Everything that changes the disk, and everything that the provider sees or that is seen of it."""

DISK_ERRORS = ("ENOSPC", "EIO")
NET_ERRORS = {"connect": ("ECONNREFUSED",), "sendto": ("EHOSTUNREACH",), "recvfrom": ("ECONNRESET",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the `when`-th system call of this name: the process is killed, or the call fails."""

    call: str
    when: int
    effect: str

    @property
    def injection(self) -> tuple[str, ...]:
        """How strace is told."""
        what = "signal=KILL" if self.effect == "KILL" else f"error={self.effect}"
        return (f"--inject={self.call}:{what}:when={self.when}",)

    def __str__(self) -> str:
        return f"{self.call} number {self.when}: {self.effect}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A fault in the first run and perhaps one in the restart, run with or without a mutant."""

    first: Fault
    second: Fault | None = None
    mutant: str | None = None
    threads: bool = False

    def __str__(self) -> str:
        return f"{self.first}, then {self.second}" if self.second else str(self.first)


def count_calls(bench: Bench, place: Place, mutant: str | None = None) -> Counter[str]:
    """How often a run on `place` makes each system call that matters."""
    log = bench.root / "calls.txt"
    names = ",".join(f"?{name}" for name in DURABLE.split(","))
    job = place.job(traced=True, threads=False, mutant=mutant)
    bench.driver.run(job, ("-o", str(log), f"--trace={names}"))
    return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE))


def every_fault(calls: Counter[str]) -> list[Fault]:
    """A kill before each system call, and the failure of each."""
    return [
        Fault(call=call, when=when, effect=effect)
        for call, count in sorted(calls.items())
        for when in range(1, count + 1)
        for effect in ("KILL", *NET_ERRORS.get(call, DISK_ERRORS))
    ]


def pairs(first: Sequence[Fault], second: Sequence[Fault], count: int, seed: int) -> list[tuple[Fault, Fault]]:
    """`count` pairs of a fault in a run and one in the restart, by chance."""
    chance = random.Random(seed)
    return [(chance.choice(first), chance.choice(second)) for _ in range(count)]


def judge(bench: Bench, trial: Trial) -> Verdict:
    """Run, break, look, start again (break again, start again), look."""
    place = bench.place()
    try:
        broken = _run(bench, place, trial, trial.first)
        problems = broken_after_fault(place, broken)
        told = broken.told
        if trial.second is not None:
            again = _run(bench, place, trial, trial.second)
            problems += broken_after_fault(place, again)
            told |= again.told
        owed = Owed(told=told, kept=frozenset(bench.provider.kept[place.name]))
        restart = bench.driver.run(place.job(mutant=trial.mutant))
        problems += broken_after_restart(place, restart, bench.provider.bill[place.name], owed)
        return Verdict(trial=str(trial), problems=tuple(dict.fromkeys(problems)))
    finally:
        bench.clear(place)


def _run(bench: Bench, place: Place, trial: Trial, fault: Fault) -> Ran:
    job = place.job(traced=True, threads=trial.threads, mutant=trial.mutant)
    return bench.driver.run(job, ("-o", "/dev/null", f"--trace={fault.call}", *fault.injection))
