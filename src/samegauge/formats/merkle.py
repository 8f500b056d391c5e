"""Merkle tree of RFC 6962, section 2.1: root, inclusion proof, and the checks of inclusion and consistency."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from samegauge.doors.crypto import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NODE_PREFIX = b"\x01"


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes (of `canonical.leaf_digest`) in their order; of no leaf at all, the hash of nothing."""
    if not leaves:
        return sha256(b"")
    # Level by level: a node without a right sibling moves up unchanged, which gives the recursive definition's tree.
    level = list(leaves)
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


class GrowingRoot:
    """Root of a tree that leaves are added to one after another, without keeping them."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        self._peaks.append(leaf)
        self.size += 1
        # As many pairs are complete now as the size has zeros at its end.
        for _pair in range((self.size & -self.size).bit_length() - 1):
            right = self._peaks.pop()
            self._peaks.append(_node(self._peaks.pop(), right))

    def root(self) -> bytes:
        if not self._peaks:
            return merkle_root([])
        *peaks, current = self._peaks
        for peak in reversed(peaks):
            current = _node(peak, current)
        return current


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Sibling hashes from the leaf at `index` up to the root."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"Leaf {index} is not in a tree of {len(leaves)} leaves.")
    level = list(leaves)
    proof: list[bytes] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level = _next_level(level)
        index //= 2
    return tuple(proof)


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """True when `proof` leads from the leaf hash at `index` of `size` leaves to `root` (RFC 9162, section 2.1.3.2)."""
    sides = _sides(index, size - 1, len(proof)) if 0 <= index < size else None
    if sides is None:
        return False
    current = leaf
    for sibling, on_the_left in zip(proof, sides, strict=True):
        current = _node(sibling, current) if on_the_left else _node(current, sibling)
    return current == root


def proves_consistency(old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """True when the tree of `size` begins with all the leaves of the older one (RFC 9162, section 2.1.4.2)."""
    if not 0 < old_size < size:
        return 0 < old_size == size and not proof and old_root == root
    # A complete older tree is itself a node of the newer one and not sent.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    node, last = old_size - 1, size - 1
    while node % 2:
        node, last = node // 2, last // 2
    sides = _sides(node, last, len(path) - 1) if path else None
    if sides is None:
        return False
    older = newer = path[0]
    for sibling, on_the_left in zip(path[1:], sides, strict=True):
        older = _node(sibling, older) if on_the_left else older
        newer = _node(sibling, newer) if on_the_left else _node(newer, sibling)
    return older == old_root and newer == root


def _sides(node: int, last: int, count: int) -> list[bool] | None:
    """Of each sibling on the way up from a node whether it stands on the left; None: the way has another length."""
    sides: list[bool] = []
    while last and len(sides) < count:
        sides.append(node % 2 == 1 or node == last)
        # The last node of a level without a right sibling moves up as it is.
        while sides[-1] and node % 2 == 0 and node:
            node, last = node // 2, last // 2
        node, last = node // 2, last // 2
    return sides if last == 0 and len(sides) == count else None


def root_from_leaves(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes | None:
    """Root of a tree of which some leaves are known, and the rest by `TileTree.proof_of`; None: they do not fit."""
    if not leaves or min(leaves) < 0 or max(leaves) >= size:
        return None
    rest = list(reversed(proof))
    try:
        root = _root_of_span(sorted(leaves), leaves, (0, size), rest)
    except IndexError:
        return None
    return None if rest else root


def _root_of_span(
    inside: Sequence[int], leaves: Mapping[int, bytes], span: tuple[int, int], rest: list[bytes]
) -> bytes:
    start, end = span
    if not inside:
        return rest.pop()
    if end - start == 1:
        return leaves[start]
    middle = start + split(end - start)
    place = bisect_left(inside, middle)
    left = _root_of_span(inside[:place], leaves, (start, middle), rest)
    return _node(left, _root_of_span(inside[place:], leaves, (middle, end), rest))


def split(size: int) -> int:
    """Largest power of two below `size`: how many leaves go to the left."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE_PREFIX + left + right)


def _next_level(level: list[bytes]) -> list[bytes]:
    paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return paired + level[-1:] if len(level) % 2 else paired
