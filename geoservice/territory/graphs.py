"""Small graphs as dictionaries of neighbours: connected sets, cut vertices, and what would connect them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

Neighbours = Mapping[str, set[str]]


def connected_sets(neighbours: Neighbours) -> tuple[tuple[str, ...], ...]:
    """Connected components, each sorted, in the order of their first member."""
    left = set(neighbours)
    found = []
    for start in sorted(neighbours):
        if start not in left:
            continue
        left.discard(start)
        stack, held = [start], [start]
        while stack:
            for other in neighbours[stack.pop()]:
                if other in left:
                    left.discard(other)
                    held.append(other)
                    stack.append(other)
        found.append(tuple(sorted(held)))
    return tuple(found)


def induced(neighbours: Neighbours, chosen: Iterable[str]) -> dict[str, set[str]]:
    """The graph among some of its vertices."""
    inside = set(chosen)
    return {code: neighbours[code] & inside for code in sorted(inside)}


def is_complete(neighbours: Neighbours) -> bool:
    """Whether every pair is joined."""
    return all(len(others) == len(neighbours) - 1 for others in neighbours.values())


def missing_pairs(neighbours: Neighbours) -> tuple[tuple[str, str], ...]:
    """Pairs that are not joined."""
    return tuple((a, b) for a, b in combinations(sorted(neighbours), 2) if b not in neighbours[a])


def cut_vertices(neighbours: Neighbours) -> tuple[str, ...]:
    """Vertices of a connected graph without which the rest would fall apart."""
    if len(neighbours) < 3:
        return ()
    return tuple(
        code
        for code in sorted(neighbours)
        if len(connected_sets(induced(neighbours, neighbours.keys() - {code}))) > 1
    )


_MAX_TERMINALS = 8
_MAX_SETS = 12


def connecting_sets(neighbours: Neighbours, parts: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of further vertices that would join several connected parts into one.

    A node-weighted Steiner tree (Dreyfus and Wagner, Networks 1, 1971, with vertices for edges), all optimal
    sets up to a dozen, each sorted. Empty if nothing can join them. With more than eight parts the three
    parts nearest to each other are not sought any further: parts are joined greedily, and one set is given.
    """
    terminals = [frozenset(part) for part in parts]
    if len(terminals) < 2:
        return ()
    if len(terminals) > _MAX_TERMINALS:
        return _greedy(neighbours, terminals)
    return _exact(neighbours, terminals)


def _exact(neighbours: Neighbours, terminals: list[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """Dynamic programme over subsets of parts; ``best[mask][v]``: the smallest sets that join mask at v."""
    taken = frozenset().union(*terminals)
    node = {code: place for place, part in enumerate(terminals) for code in part}
    graph = _contracted(neighbours, node)
    full = (1 << len(terminals)) - 1
    best: dict[int, dict[str, set[frozenset[str]]]] = {}
    for mask in range(1, full + 1):
        table: dict[str, set[frozenset[str]]] = {}
        for place in range(len(terminals)):
            if mask == 1 << place:
                table[f"\0{place}"] = {frozenset()}
        part = (mask - 1) & mask
        while part:
            if part < mask ^ part:
                part = (part - 1) & mask
                continue
            for code in best[part].keys() & best[mask ^ part].keys():
                for one in best[part][code]:
                    for two in best[mask ^ part][code]:
                        _offer(table, code, one | two)
            part = (part - 1) & mask
        _spread(graph, table)
        best[mask] = table
    answers: dict[str, set[frozenset[str]]] = {}
    for sets in best[full].values():
        for found in sets:
            _offer(answers, "", found - taken)
    return tuple(sorted(tuple(sorted(found)) for found in answers.get("", ())))


def _contracted(neighbours: Neighbours, node: Mapping[str, int]) -> dict[str, set[str]]:
    """The graph with each part drawn together into one vertex."""

    def name(code: str) -> str:
        return f"\0{node[code]}" if code in node else code

    graph: dict[str, set[str]] = {}
    for code, others in neighbours.items():
        graph.setdefault(name(code), set()).update(name(other) for other in others)
    for code, others in graph.items():
        others.discard(code)
    return graph


def _offer(table: dict[str, set[frozenset[str]]], code: str, found: frozenset[str]) -> bool:
    """Keep a set if it is among the smallest at a vertex; tell whether it was news."""
    held = table.get(code)
    if held is None:
        table[code] = {found}
        return True
    size = len(next(iter(held)))
    if len(found) > size or found in held:
        return False
    if len(found) < size:
        table[code] = {found}
        return True
    if len(held) >= _MAX_SETS:
        return False
    held.add(found)
    return True


def _spread(graph: Mapping[str, set[str]], table: dict[str, set[frozenset[str]]]) -> None:
    """Let what joins at a vertex reach its neighbours, each further vertex costing itself."""
    queue = sorted(table)
    while queue:
        queue.sort(key=lambda code: (len(next(iter(table[code]))), code))
        code = queue.pop(0)
        for other in sorted(graph.get(code, ())):
            own = frozenset() if other.startswith("\0") else frozenset([other])
            news = [_offer(table, other, found | own) for found in sorted(table[code], key=sorted)]
            if any(news) and other not in queue:
                queue.append(other)


def _greedy(neighbours: Neighbours, terminals: list[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """Join the two nearest parts again and again."""
    parts, added = list(terminals), set[str]()
    while len(parts) > 1:
        ways = [
            (len(way), way, i, j)
            for (i, one), (j, two) in combinations(enumerate(parts), 2)
            for way in _exact(neighbours, [one, two])[:1]
        ]
        if not ways:
            return ()
        _, way, i, j = min(ways)
        added.update(way)
        merged = parts[i] | parts[j] | frozenset(way)
        parts = [part for k, part in enumerate(parts) if k not in (i, j)]
        parts.append(merged)
    return (tuple(sorted(added)),)
