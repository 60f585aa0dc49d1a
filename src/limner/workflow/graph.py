"""What comes before what: the order of stages, and circles that have none."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

Dependencies = Mapping[str, Sequence[str]]
"""The ids that each id depends on; ids that are not among the stages count for nothing."""


def order(ids: Sequence[str], dependencies: Dependencies) -> tuple[str, ...]:
    """The ids so that each comes after what it depends on; of several that could be next, the first of `ids`.

    Ids on a circle, and those that depend on one, are left out.
    """
    rank = {each: number for number, each in enumerate(ids)}
    missing = {each: {other for other in dependencies.get(each, ()) if other in rank} for each in rank}
    dependents: dict[str, list[str]] = {each: [] for each in rank}
    for each, others in missing.items():
        for other in others:
            dependents[other].append(each)
    ready = [rank[each] for each, others in missing.items() if not others]
    heapq.heapify(ready)
    result: list[str] = []
    while ready:
        done = ids[heapq.heappop(ready)]
        result.append(done)
        for each in dependents[done]:
            missing[each].discard(done)
            if not missing[each]:
                heapq.heappush(ready, rank[each])
    return tuple(result)


def cycles(ids: Sequence[str], dependencies: Dependencies) -> list[tuple[str, ...]]:
    """One closed path for each group of ids that depend on each other, such as `("a", "b", "a")`.

    Each begins with the id of its group that is first in `ids`, and is the shortest way back to it. An id that
    depends on itself alone gives `("a", "a")`.
    """
    rank = {each: number for number, each in enumerate(ids)}
    known = {each: [other for other in dependencies.get(each, ()) if other in rank] for each in rank}
    groups = [sorted(group, key=rank.__getitem__) for group in _groups(known)]
    circles = [group for group in groups if len(group) > 1 or group[0] in known[group[0]]]
    return [_way_back(group, known) for group in sorted(circles, key=lambda group: rank[group[0]])]


def _way_back(group: Sequence[str], known: Dependencies) -> tuple[str, ...]:
    """From the first of the group to itself, by breadth-first search within the group."""
    start, inside = group[0], set(group)
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for other in known[here]:
            if other == start:
                path = [here]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return (*reversed(path), start)
            if other in inside and other not in came_from:
                came_from[other] = here
                waiting.append(other)
    raise AssertionError("a strongly connected group has a way back")


def _groups(known: Dependencies) -> Iterator[list[str]]:
    """The strongly connected groups, by two searches without recursion (Kosaraju's way)."""
    reversed_edges: dict[str, list[str]] = {each: [] for each in known}
    for each, others in known.items():
        for other in others:
            reversed_edges[other].append(each)
    finished = list(_postorder(known, known))
    taken: set[str] = set()
    for start in reversed(finished):
        if start not in taken:
            group = list(_postorder([start], reversed_edges, taken))
            yield group


def _postorder(starts: Iterable[str], edges: Dependencies, seen: set[str] | None = None) -> Iterator[str]:
    """Everything reachable that is not in `seen`, each after all that it leads to."""
    seen = set() if seen is None else seen
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(edges[start]))]
        while stack:
            here, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                stack.pop()
                yield here
            else:
                seen.add(following)
                stack.append((following, iter(edges[following])))
