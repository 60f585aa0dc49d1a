"""Where a picture comes from and what became of it: calls as a tree, by the pictures and turns they were given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limner._json import JsonObject
from limner.store.history import Query
from limner.store.journal import CallRecord
from limner.store.store import Store

MAX_NODES = 1000
"""Most calls of one tree; a conversation of that length is drawn as far as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A call with what came of it. `focus` marks the one that was asked about."""

    record: CallRecord
    children: tuple[Node, ...] = ()
    focus: bool = False

    def to_json(self) -> JsonObject:
        """The tree as JSON."""
        return {
            "call": self.record.call_id,
            "prompt": self.record.prompt,
            "model": self.record.model,
            "outcome": self.record.outcome,
            "cost": None if self.record.cost_usd is None else float(self.record.cost_usd),
            "images": [image.blob.sha256 for image in self.record.images if image.role == "result"],
            "focus": self.focus,
            "children": [child.to_json() for child in self.children],
        }


def lineage(store: Store, record: CallRecord) -> Node:
    """The tree that `record` belongs to, from its first ancestor on. Of several parents the first one counts."""
    root, seen = record, {record.call_id}
    while (parent := _parent(store, root)) is not None and parent.call_id not in seen:
        seen.add(parent.call_id)
        root = parent
    return _grown(store, root, record.call_id, set())


def lines(node: Node) -> Iterator[tuple[str, Node]]:
    """Each call of the tree with the lines drawn before it."""
    yield "", node
    yield from _below(node, "")


def _below(node: Node, indent: str) -> Iterator[tuple[str, Node]]:
    for number, child in enumerate(node.children, start=1):
        is_last = number == len(node.children)
        yield f"{indent}{'└─ ' if is_last else '├─ '}", child
        yield from _below(child, indent + ("   " if is_last else "│  "))


def _parent(store: Store, record: CallRecord) -> CallRecord | None:
    if record.parent_id is not None:
        return store.journal.find(record.parent_id)
    for image in record.images:
        makers = store.journal.find_by_picture(image.blob.sha256) if image.role == "input" else []
        if makers:
            return makers[-1]
    return None


def _grown(store: Store, record: CallRecord, focus: str, seen: set[str]) -> Node:
    seen.add(record.call_id)
    children = [child for child in _children(store, record) if child.call_id not in seen]
    seen.update(child.call_id for child in children)
    grown = tuple(_grown(store, child, focus, seen) for child in children) if len(seen) < MAX_NODES else ()
    return Node(record=record, children=grown, focus=record.call_id == focus)


def _children(store: Store, record: CallRecord) -> list[CallRecord]:
    found = {child.call_id: child for child in store.journal.children(record.call_id)}
    pictures = [image.blob.sha256 for image in record.images if image.role == "result"]
    pictures += [made.blob.sha256 for made in store.journal.made_of(record.call_id)]
    for sha256 in pictures:
        for child in store.history.find(Query(parent=sha256), limit=MAX_NODES):
            found.setdefault(child.call_id, child)
    return [found[call_id] for call_id in sorted(found)]
