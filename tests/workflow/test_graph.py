from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.workflow.graph import cycles, order

Graph = dict[str, list[str]]
Names = st.sampled_from("abcdefgh")
Graphs = st.dictionaries(Names, st.lists(Names, unique=True))


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": [], "b": [], "c": []}, "abc"),
        ({"a": ["c"], "b": [], "c": []}, "bca"),
        ({"a": ["b"], "b": ["c"], "c": []}, "cba"),
        ({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}, "abcd"),
        ({"z": [], "y": ["z"], "x": []}, "zyx"),
        ({"a": ["unknown"], "b": []}, "ab"),
        ({"a": ["b"], "b": ["a"], "c": ["a"], "d": []}, "d"),
        ({}, ""),
    ],
)
def test_order_is_by_dependency_and_then_by_the_file(graph: Graph, expected: str) -> None:
    assert order(list(graph), graph) == tuple(expected)


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": ["b"], "b": ["a"]}, ["aba"]),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, ["abca"]),
        ({"x": ["b"], "a": ["b"], "b": ["a"]}, ["aba"]),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, ["aba", "cdc"]),
        ({"a": ["a"]}, ["aa"]),
        ({"a": ["b", "c"], "b": ["c"], "c": ["a"]}, ["aca"]),
        ({"a": ["b"], "b": ["c"], "c": ["b", "a"]}, ["abca"]),
        ({"a": ["b"], "b": []}, []),
    ],
)
def test_each_group_that_waits_for_itself_gives_its_shortest_path(graph: Graph, expected: list[str]) -> None:
    assert cycles(list(graph), graph) == [tuple(path) for path in expected]


@given(Graphs)
def test_every_stage_is_ordered_exactly_if_there_is_no_circle(graph: Graph) -> None:
    result = order(list(graph), graph)
    assert (len(result) == len(graph)) == (cycles(list(graph), graph) == [])
    for position, each in enumerate(result):
        assert all(other in result[:position] for other in graph[each] if other in graph)


@given(Graphs)
def test_every_path_is_closed_and_real(graph: Graph) -> None:
    for path in cycles(list(graph), graph):
        assert path[0] == path[-1]
        assert all(right in graph[left] for left, right in pairwise(path))


def test_a_thousand_stages_in_a_chain_or_a_circle_need_no_recursion() -> None:
    names = [f"s{number}" for number in range(1000)]
    chain = {name: [before] for before, name in pairwise(names)} | {names[0]: []}
    assert order(names, chain) == tuple(names)
    assert order(names[::-1], chain) == tuple(names)
    assert cycles(names, chain) == []
    circle = chain | {names[0]: [names[-1]]}
    assert order(names, circle) == ()
    assert [len(path) for path in cycles(names, circle)] == [1001]


def test_stages_that_all_depend_on_each_other_are_one_group() -> None:
    names = [f"s{number}" for number in range(300)]
    graph = {name: [other for other in names if other != name] for name in names}
    assert cycles(names, graph) == [("s0", "s1", "s0")]
