from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samegauge.formats.merkle import (
    inclusion_proof,
    merkle_root,
    proves_consistency,
    proves_inclusion,
    root_from_leaves,
)
from samegauge.formats.tiles import TILE_WIDTH, TileTree


class Shelf:
    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.read_count = 0

    def read(self, level: int, number: int) -> bytes:
        self.read_count += 1
        return self.tiles.get((level, number), b"")

    def write(self, level: int, number: int, hashes: bytes) -> None:
        self.tiles[level, number] = hashes


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(f"leaf {number}".encode()).digest() for number in range(count)]


def grown(steps: list[int]) -> tuple[Shelf, int]:
    shelf, size, every = Shelf(), 0, leaves(sum(steps))
    for step in steps:
        TileTree(shelf, size).append(every[size : size + step])
        size += step
    return shelf, size


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.data())
def test_a_tree_that_grew_in_steps_proves_what_the_definition_says(steps: list[int], data: st.DataObject) -> None:
    shelf, size = grown(steps)
    every, tree = leaves(size), TileTree(shelf, size)
    assert tree.root() == merkle_root(every)
    assert list(tree.leaves()) == every
    index = data.draw(st.integers(0, size - 1))
    assert tree.inclusion(index) == inclusion_proof(every, index)
    old = data.draw(st.integers(1, size))
    older = TileTree(shelf, old)
    assert older.root() == merkle_root(every[:old])
    assert proves_consistency(old, size, older.root(), tree.root(), tree.consistency(old))
    some = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=9))
    proof = tree.proof_of(some)
    assert root_from_leaves({number: every[number] for number in some}, size, proof) == tree.root()


def test_the_tree_of_the_certificate_log_is_proven_for_every_pair_of_sizes() -> None:
    """All sizes up to 40: consistency holds for the true older root and for no other, nor with a hash changed."""
    shelf, size = grown([40])
    every = leaves(size)
    for new in range(1, size + 1):
        tree = TileTree(shelf, new)
        for old in range(1, new + 1):
            proof, root = tree.consistency(old), merkle_root(every[:old])
            assert proves_consistency(old, new, root, tree.root(), proof)
            assert not proves_consistency(old, new, merkle_root(every[: old - 1]), tree.root(), proof)
            for place in range(len(proof)):
                bent = [*proof]
                bent[place] = bytes(32)
                assert not proves_consistency(old, new, root, tree.root(), bent)
            assert not proves_consistency(old, new, root, tree.root(), [*proof, bytes(32)])
    assert not proves_consistency(0, 3, b"", merkle_root(every[:3]), [])
    assert not proves_consistency(4, 3, merkle_root(every[:4]), merkle_root(every[:3]), [])


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    shelf, size = grown([600])
    root = TileTree(shelf, 500).root()
    forged = leaves(size)
    forged[123] = bytes(32)
    other = Shelf()
    TileTree(other, 0).append(forged)
    tree = TileTree(other, size)
    assert not proves_consistency(500, size, root, tree.root(), tree.consistency(500))


def test_a_proof_reads_a_handful_of_tiles_of_a_large_tree() -> None:
    shelf, size = grown([TILE_WIDTH * TILE_WIDTH + 77])
    shelf.read_count = 0
    tree = TileTree(shelf, size)
    proof, root = tree.inclusion(40_000), tree.root()
    assert shelf.read_count <= 6
    assert proves_inclusion(leaves(size)[40_000], 40_000, size, proof, root)


def test_appending_touches_one_tile_of_each_level_that_changes() -> None:
    shelf, size = grown([TILE_WIDTH - 1])
    before = dict(shelf.tiles)
    TileTree(shelf, size).append([bytes(32)])
    changed = {key for key, tile in shelf.tiles.items() if before.get(key) != tile}
    assert changed == {(0, 0), (1, 0)}


def test_a_bent_proof_of_many_leads_elsewhere() -> None:
    shelf, size = grown([100])
    every, tree = leaves(size), TileTree(shelf, size)
    proof = tree.proof_of([3, 50, 99])
    known = {3: every[3], 50: every[50], 99: every[99]}
    assert root_from_leaves(known, size, proof) == tree.root()
    assert root_from_leaves({**known, 50: every[51]}, size, proof) != tree.root()
    assert root_from_leaves(known, size, proof[:-1]) is None
    assert root_from_leaves(known, size, [*proof, bytes(32)]) is None
    assert root_from_leaves({}, size, proof) is None
    assert root_from_leaves({100: every[0]}, size, proof) is None
    for first, second in pairwise(range(len(proof))):
        swapped = [*proof]
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert root_from_leaves(known, size, swapped) != tree.root()


def test_questions_beyond_the_tree_are_refused() -> None:
    shelf, size = grown([5])
    tree = TileTree(shelf, size)
    for ask in (lambda: tree.inclusion(5), lambda: tree.proof_of([5]), lambda: tree.consistency(6)):
        with pytest.raises(IndexError):
            ask()
