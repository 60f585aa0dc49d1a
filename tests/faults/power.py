"""What a disk may hold after the power fails in the middle of a run: every legal one, or a fair draw of them.

What was synced is there. Of the rest, each write may be there, missing, torn at sectors or there in length only, and
names may be missing, under one of two rules: `journal`, as ext4 keeps it (changes of folders become durable in order,
and a sync of any file makes the earlier ones durable), and `posix` (only a sync of the folder itself does, and the
order is free).
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from faults.trace import Op

Rule = Literal["journal", "posix"]
RULES: tuple[Rule, ...] = ("journal", "posix")

SECTOR_BYTES = 512
FOLDER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the power fails (before step `at`), under which rule, and the seed of what was not yet durable.

    Seed 0 keeps nothing of it, seed 1 everything.
    """

    at: int
    rule: Rule
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What is left: files with their bytes, folders, and what the world outside remembers."""

    files: dict[str, bytes]
    folders: tuple[str, ...]
    paid: Counter[int]
    told: frozenset[int]
    kept: frozenset[int]

    @property
    def fingerprint(self) -> int:
        """Equal for equal remains."""
        files = tuple(sorted(self.files.items()))
        return hash((files, self.folders, tuple(sorted(self.paid.elements())), self.told, self.kept))


@dataclass(slots=True)
class _NameChange:
    """A name that comes (`node`) or goes (`None`); changes with the same `group` are one."""

    group: int
    path: str
    node: int | None


@dataclass(slots=True)
class _Disk:
    rule: Rule
    names: dict[str, int] = field(default_factory=dict)
    durable_names: dict[str, int] = field(default_factory=dict)
    waiting_names: list[_NameChange] = field(default_factory=list)
    durable: dict[int, bytearray] = field(default_factory=dict)
    waiting: dict[int, list[Op]] = field(default_factory=dict)
    groups: int = 0

    def step(self, op: Op) -> None:
        match op.kind:
            case "create" if op.path not in self.names:
                self._change((op.path, self._new_node()))
            case "mkdir":
                self._change((op.path, FOLDER))
            case "write" | "truncate":
                self.waiting[self.names[op.path]].append(op)
            case "unlink":
                self._change((op.path, None))
            case "link":
                self._change((op.target, self.names[op.path]))
            case "rename":
                self._rename(op)
            case "sync" | "datasync":
                self._sync(op)

    def _new_node(self) -> int:
        node = len(self.durable)
        self.durable[node] = bytearray()
        self.waiting[node] = []
        return node

    def _change(self, *changes: tuple[str, int | None], together: bool = True) -> None:
        for path, node in changes:
            self.groups += not together
            if node is None:
                self.names.pop(path, None)
            else:
                self.names[path] = node
            self.waiting_names.append(_NameChange(group=self.groups, path=path, node=node))
        self.groups += 1

    def _rename(self, op: Op) -> None:
        """One change within a folder, and always with a journal; else two that may be torn apart."""
        together = self.rule == "journal" or _folder(op.path) == _folder(op.target)
        self._change((op.target, self.names[op.path]), (op.path, None), together=together)

    def _sync(self, op: Op) -> None:
        node = self.names.get(op.path)
        is_folder = node is None or node == FOLDER
        if node is not None and node != FOLDER:
            for change in self.waiting[node]:
                _apply(self.durable[node], change)
            self.waiting[node].clear()
        if self.rule == "journal" and (is_folder or op.kind == "sync"):
            self._commit({change.group for change in self.waiting_names})
        elif self.rule == "posix" and is_folder:
            self._commit({change.group for change in self.waiting_names if _folder(change.path) == op.path})

    def _commit(self, groups: set[int]) -> None:
        for change in self.waiting_names:
            if change.group not in groups:
                continue
            if change.node is None:
                self.durable_names.pop(change.path, None)
            else:
                self.durable_names[change.path] = change.node
        self.waiting_names = [change for change in self.waiting_names if change.group not in groups]

    def lose_power(self, seed: int) -> None:
        """Decide what of the rest became durable by chance."""
        chance = random.Random(seed)
        likely = {0: 0.0, 1: 1.0}.get(seed, chance.choice((0.1, 0.5, 0.9)))
        groups = sorted({change.group for change in self.waiting_names})
        if self.rule == "journal":
            kept = groups if likely == 1.0 else groups[: int(chance.random() * (len(groups) + 1) * (likely > 0))]
        else:
            kept = [group for group in groups if chance.random() < likely]
        self._commit(set(kept))
        for node, changes in self.waiting.items():
            for change in changes:
                if chance.random() >= likely:
                    continue
                if likely < 1.0 and change.kind == "write" and chance.random() < 0.4:
                    _apply_torn(self.durable[node], change, chance)
                else:
                    _apply(self.durable[node], change)


def remains(ops: Sequence[Op], cut: Cut) -> Remains:
    """The disk after `cut`, and what was paid, told and kept until then."""
    disk = _Disk(rule=cut.rule)
    for path in ("home", "out"):
        disk.names.setdefault(path, FOLDER)
    disk.durable_names["home"] = FOLDER
    done = ops[: cut.at]
    for op in done:
        disk.step(op)
    disk.lose_power(cut.seed)
    there = {path: node for path, node in disk.durable_names.items() if _is_reachable(path, disk.durable_names)}
    return Remains(
        files={
            path: bytes(disk.durable[node])
            for path, node in there.items()
            if node != FOLDER and not path.endswith("-shm")
        },
        folders=tuple(sorted(path for path, node in there.items() if node == FOLDER)),
        paid=Counter(op.number for op in done if op.kind == "paid"),
        told=frozenset(op.number for op in done if op.kind == "told"),
        kept=frozenset(op.number for op in done if op.kind == "kept"),
    )


def cuts(ops: Sequence[Op], seeds: Sequence[int], first: int = 1) -> Iterator[Cut]:
    """A cut after every step from `first` on, under both rules, with each seed."""
    for at in range(first, len(ops) + 1):
        for rule in RULES:
            for seed in seeds:
                yield Cut(at=at, rule=rule, seed=seed if seed < 2 else seed * 100_003 + at)


def lay_out(state: Remains, root: Path) -> None:
    """Make `root/home` and `root/out` what the power cut left; settings stay."""
    settings = (root / "home" / "config.toml").read_bytes()
    for folder in ("home", "out"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for path in state.folders:
        (root / path).mkdir(exist_ok=True)
    for path, data in state.files.items():
        (root / path).write_bytes(data)
    (root / "home" / "config.toml").write_bytes(settings)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_reachable(path: str, names: dict[str, int]) -> bool:
    folder = _folder(path)
    return not folder or (names.get(folder) == FOLDER and _is_reachable(folder, names))


def _apply(data: bytearray, change: Op) -> None:
    if change.kind == "truncate":
        del data[change.offset :]
        data.extend(bytes(change.offset - len(data)))
    else:
        data.extend(bytes(max(0, change.offset + len(change.data) - len(data))))
        data[change.offset : change.offset + len(change.data)] = change.data


def _apply_torn(data: bytearray, change: Op, chance: random.Random) -> None:
    """Some sectors of a write, or none of them though the file has grown."""
    data.extend(bytes(max(0, change.offset + len(change.data) - len(data))))
    likely = chance.choice((0.0, 0.5, 0.8))
    for start in range(0, len(change.data), SECTOR_BYTES):
        if chance.random() < likely:
            piece = change.data[start : start + SECTOR_BYTES]
            data[change.offset + start : change.offset + start + len(piece)] = piece
