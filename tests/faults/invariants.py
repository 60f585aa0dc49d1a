"""What must hold on the disk after a fault, and again after the restart. Each check names what is wrong, in words."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.bench import Place, Ran
from faults.driver import FINE, PROMPTS, UNTYPED_ERROR
from faults.provider import REPLIES

SERIOUS = ("paid twice", "picture lost", "half a file")
"""How a problem begins that concerns money or bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as the journal tells it; `pictures` are the hashes and paths of its results."""

    prompt: int
    state: str
    outcome: str | None
    billed: str | None
    pictures: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What may not be lost: prompts whose picture was announced, and prompts whose picture had been kept."""

    told: frozenset[int]
    kept: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a trial: a description that repeats it, and what is wrong."""

    trial: str
    problems: tuple[str, ...]

    @property
    def lost(self) -> bool:
        """True if a picture was lost."""
        return any(problem.startswith("picture lost") for problem in self.problems)

    @property
    def paid_twice(self) -> bool:
        """True if a picture was paid twice."""
        return any(problem.startswith("paid twice") for problem in self.problems)

    @property
    def serious(self) -> tuple[str, ...]:
        """What concerns money or bytes: paid twice, lost, or half a file."""
        return tuple(problem for problem in self.problems if problem.startswith(SERIOUS))

    def __str__(self) -> str:
        return f"{self.trial}: {'; '.join(self.problems)}"


def broken_after_fault(place: Place, broken: Ran | None = None) -> list[str]:
    """What is wrong after a run that was broken, before anything is started again."""
    problems = [*_wrong_blobs(place), *_wrong_pictures(place), *_wrong_journal(place)]
    if broken is not None and broken.exit == UNTYPED_ERROR:
        problems.append(f"an error that no script can handle: {broken.errors.strip().splitlines()[-1:]}")
    return problems


def broken_after_restart(place: Place, restart: Ran, bill: Counter[int], owed: Owed) -> list[str]:
    """What is wrong after one restart, which must put everything right by itself."""
    problems = [*broken_after_fault(place, restart), *_leftovers(place)]
    if restart.exit != FINE:
        problems.append(f"the restart ended with {restart.exit}: {restart.errors.strip().splitlines()[-1:]}")
    calls = journal(place)
    for number in range(len(PROMPTS)):
        mine = [call for call in calls if call.prompt == number]
        problems += _wrong_calls(number, mine, bill[number], owed)
    return problems


def journal(place: Place) -> list[Call]:
    """The calls in the journal of a program that is not running; none where there is no journal yet."""
    path = place.home / "limner.db"
    if not path.exists():
        return []
    database = sqlite3.connect(path)
    try:
        rows = database.execute("SELECT id, prompt, state, outcome, billed FROM calls ORDER BY id").fetchall()
        query = "SELECT sha256, path FROM images WHERE call_id = ? AND role = 'result'"
        return [
            Call(
                prompt=PROMPTS.index(prompt),
                state=state,
                outcome=outcome,
                billed=billed,
                pictures=tuple(database.execute(query, (call_id,)).fetchall()),
            )
            for call_id, prompt, state, outcome, billed in rows
        ]
    finally:
        database.close()


def _wrong_calls(number: int, calls: list[Call], paid: int, owed: Owed) -> Iterator[str]:
    name = f"picture {number}"
    if paid > 1:
        yield f"paid twice: {name} was paid {paid} times"
    if any(call.state != "done" for call in calls):
        yield f"{name} is still in doubt after the restart"
    if paid and not any(call.billed in ("yes", "unknown") for call in calls):
        yield f"{name} was paid and the journal does not say so"
    if not calls:
        yield f"{name} was forgotten"
    there = any(call.outcome == "image" and len(call.pictures) == 1 for call in calls)
    if number in owed.told and not there:
        yield f"picture lost: {name} had been announced"
    if number in owed.kept and not there:
        yield f"picture lost: {name} had arrived and was kept"
    for call in calls:
        if call.outcome != "image":
            continue
        if [sha256 for sha256, _ in call.pictures] != [REPLIES[number].sha256]:
            yield f"picture lost: {name} is done with other bytes"
        if any(path is None or not Path(path).is_file() for _, path in call.pictures):
            yield f"{name} is done and is not where it was wanted"


def _wrong_blobs(place: Place) -> Iterator[str]:
    for path in place.home.glob("blobs/*/*"):
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.parent.name + path.name:
            yield f"half a file: the blob {path.name[:8]} is not what its name says"


def _wrong_pictures(place: Place) -> Iterator[str]:
    known = {reply.sha256 for reply in REPLIES}
    whole = [path for path in place.out.glob("*") if not path.name.startswith(".")]
    hashes = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in whole)
    for sha256, count in hashes.items():
        if sha256 not in known:
            yield "half a file: there is a picture in the folder that no provider sent"
        if count > 1:
            yield "a picture was put into the folder twice"


def _wrong_journal(place: Place) -> Iterator[str]:
    """Looked at in a copy, so that looking repairs nothing."""
    if not (place.home / "limner.db").exists():
        return
    copy = place.root / "copy"
    copy.mkdir()
    for path in place.home.glob("limner.db*"):
        if not path.name.endswith("-shm"):
            shutil.copyfile(path, copy / path.name)
    database = sqlite3.connect(copy / "limner.db")
    try:
        if (found := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            yield f"the journal is damaged: {found}"
        if database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'calls'").fetchone()[0]:
            query = "SELECT sha256 FROM images JOIN calls ON calls.id = call_id WHERE state = 'done'"
            for (sha256,) in database.execute(query):
                if not (place.home / "blobs" / sha256[:2] / sha256[2:]).is_file():
                    yield "picture lost: the journal says done and the bytes are not there"
    except sqlite3.Error as problem:
        yield f"the journal is damaged: {problem}"
    finally:
        database.close()
        shutil.rmtree(copy)


def _leftovers(place: Place) -> Iterator[str]:
    for folder in ("spool", "running"):
        for path in (place.home / folder).glob("*"):
            yield f"left over in {folder}: {path.suffix or 'an entry'}"
    for path in place.out.glob(".*"):
        yield f"left over in the folder of pictures: {path.suffix}"
