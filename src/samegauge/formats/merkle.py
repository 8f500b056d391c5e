"""Merkle tree of RFC 6962, section 2.1: root, inclusion proof, check of a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samegauge.doors.crypto import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node % 2 or node == last:
            current = _node(sibling, current)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            current = _node(current, sibling)
        node, last = node // 2, last // 2
    return last == 0 and current == root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE_PREFIX + left + right)


def _next_level(level: list[bytes]) -> list[bytes]:
    paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return paired + level[-1:] if len(level) % 2 else paired
