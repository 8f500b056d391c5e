"""A Merkle tree that grows: kept as tiles of 256 hashes, so that appending and proving touch a handful of them.

Tile `number` of `level` holds the roots of complete subtrees of 256**level leaves, from subtree 256 * `number` on. What
is complete never changes any more; only the last tile of each level is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from samegauge.formats.merkle import merkle_root, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


class TileStore(Protocol):
    """Where tiles lie; one that is not there is empty."""

    def read(self, level: int, number: int) -> bytes: ...

    def write(self, level: int, number: int, hashes: bytes) -> None: ...


class TileTree:
    """`size` says how many leaves of the tiles count: an older state of the tree is asked about with its own size."""

    def __init__(self, store: TileStore, size: int) -> None:
        self._store = store
        self._kept: dict[tuple[int, int], bytes] = {}
        self.size = size

    def append(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes and complete the subtrees above them."""
        level, added, before = 0, list(leaves), self.size
        self.size += len(added)
        while added:
            self._write(level, before, added)
            level, before, after = level + 1, before // TILE_WIDTH, (before + len(added)) // TILE_WIDTH
            added = [merkle_root(self._hashes(level - 1, number)) for number in range(before, after)]

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        for number in range(start // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            hashes = self._hashes(0, number)[: self.size - number * TILE_WIDTH]
            yield from hashes[max(start - number * TILE_WIDTH, 0) :]

    def root(self) -> bytes:
        return self._span(0, self.size) if self.size else merkle_root([])

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Sibling hashes from the leaf at `index` up to the root (RFC 6962, section 2.1.1)."""
        self._refuse_outside(index)
        proof: list[bytes] = []
        start, end = 0, self.size
        while end - start > 1:
            middle = start + split(end - start)
            proof.append(self._span(middle, end) if index < middle else self._span(start, middle))
            start, end = (start, middle) if index < middle else (middle, end)
        return tuple(reversed(proof))

    def consistency(self, old_size: int) -> tuple[bytes, ...]:
        """Hashes that lead from the tree of `old_size` leaves to this one (RFC 6962, section 2.1.2)."""
        if not 0 < old_size <= self.size:
            raise IndexError(f"A tree of {self.size} leaves has no older state of {old_size}.")
        proof: list[bytes] = []
        start, end, whole = 0, self.size, True
        while end != old_size:
            middle = start + split(end - start)
            if old_size <= middle:
                proof.append(self._span(middle, end))
                end = middle
            else:
                proof.append(self._span(start, middle))
                start, whole = middle, False
        return tuple(reversed(proof if whole else [*proof, self._span(start, end)]))

    def proof_of(self, indices: Sequence[int]) -> tuple[bytes, ...]:
        """Hashes, from left to right, that together with the leaves at `indices` give the root: each stands once."""
        for index in indices:
            self._refuse_outside(index)
        return tuple(self._rest(sorted(set(indices)), 0, self.size))

    def _rest(self, inside: Sequence[int], start: int, end: int) -> Iterator[bytes]:
        if not inside:
            yield self._span(start, end)
        elif end - start > 1:
            middle = start + split(end - start)
            yield from self._rest([index for index in inside if index < middle], start, middle)
            yield from self._rest([index for index in inside if index >= middle], middle, end)

    def _refuse_outside(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise IndexError(f"Leaf {index} is not in a tree of {self.size} leaves.")

    def _span(self, start: int, end: int) -> bytes:
        """Root over the leaves from `start` to before `end`, one of the subtrees of RFC 6962."""
        count = end - start
        if count & (count - 1):
            middle = start + split(count)
            return merkle_root([self._span(start, middle), self._span(middle, end)])
        height = count.bit_length() - 1
        level, within = divmod(height, TILE_HEIGHT)
        first = start >> (level * TILE_HEIGHT)
        number, place = divmod(first, TILE_WIDTH)
        return merkle_root(self._hashes(level, number)[place : place + (1 << within)])

    def _hashes(self, level: int, number: int) -> list[bytes]:
        key = (level, number)
        if key not in self._kept:
            self._kept[key] = self._store.read(level, number)
        tile = self._kept[key]
        return [tile[place : place + HASH_BYTES] for place in range(0, len(tile), HASH_BYTES)]

    def _write(self, level: int, first: int, hashes: Sequence[bytes]) -> None:
        place = 0
        while place < len(hashes):
            number, used = divmod(first + place, TILE_WIDTH)
            some = hashes[place : place + TILE_WIDTH - used]
            before = b"".join(self._hashes(level, number)[:used]) if used else b""
            self._kept[level, number] = before + b"".join(some)
            self._store.write(level, number, self._kept[level, number])
            place += len(some)
