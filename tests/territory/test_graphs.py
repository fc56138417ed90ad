"""Connected sets, cut vertices, and the smallest sets that connect: against trying every set."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.territory.graphs import connected_sets, connecting_sets, cut_vertices, induced, missing_pairs

GRAPHS = st.integers(4, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])),
    )
)


def neighbours(n: int, pairs: set[tuple[int, int]]) -> dict[str, set[str]]:
    made: dict[str, set[str]] = {f"v{k}": set() for k in range(n)}
    for a, b in pairs:
        made[f"v{a}"].add(f"v{b}")
        made[f"v{b}"].add(f"v{a}")
    return made


def by_trying(graph: dict[str, set[str]], parts: list[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """All smallest sets that join the parts, by trying every one."""
    held = {code for part in parts for code in part}
    rest = sorted(graph.keys() - held)
    for size in range(len(rest) + 1):
        found = {
            chosen
            for chosen in itertools.combinations(rest, size)
            if any(held <= set(one) for one in connected_sets(induced(graph, held | set(chosen))))
        }
        if found:
            return found
    return set()


@settings(max_examples=150, deadline=None)
@given(GRAPHS, st.sets(st.integers(0, 8), min_size=2, max_size=5))
def test_smallest_connecting_sets(made, occupied):
    n, pairs = made
    graph = neighbours(n, pairs)
    held = sorted(f"v{k % n}" for k in occupied)
    parts = list(connected_sets(induced(graph, held)))
    found = set(connecting_sets(graph, parts))
    expected = by_trying(graph, parts) if len(parts) > 1 else set()
    assert found <= expected
    assert bool(found) == bool(expected)
    if len(expected) <= 4:
        assert found == expected


def test_a_line_of_regions():
    graph = neighbours(5, {(0, 1), (1, 2), (2, 3), (3, 4)})
    assert connecting_sets(graph, [["v0"], ["v3"]]) == (("v1", "v2"),)
    assert cut_vertices(graph) == ("v1", "v2", "v3")
    assert missing_pairs(induced(graph, ["v0", "v1", "v3"])) == (("v0", "v3"), ("v1", "v3"))


def test_nothing_connects_what_is_on_different_islands():
    assert connecting_sets(neighbours(4, {(0, 1), (2, 3)}), [["v0"], ["v2"]]) == ()


def test_two_ways_round_are_both_given():
    graph = neighbours(4, {(0, 1), (1, 2), (2, 3), (0, 3)})
    assert connecting_sets(graph, [["v0"], ["v2"]]) == (("v1",), ("v3",))


def test_many_parts_are_joined_greedily():
    graph = neighbours(21, {(k, k + 1) for k in range(20)})
    parts = [[f"v{k}"] for k in range(0, 21, 2)]
    assert connecting_sets(graph, parts) == (tuple(sorted(f"v{k}" for k in range(1, 21, 2))),)
