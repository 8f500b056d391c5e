"""Finds the first altered field of a chunk from the leaf hashes that the signed root proves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from samegauge.formats.merkle import merkle_root
from samegauge.formats.passport.seal import Leaf, chunk_leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samegauge.formats.canonical import JsonValue


class Change(StrEnum):
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    ADDED_CHUNK = "added_chunk"
    REMOVED_CHUNK = "removed_chunk"
    MOVED_CHUNK = "moved_chunk"
    HASH_LIST = "hash_list"
    RESPELLED = "respelled"
    DAMAGED = "damaged"
    BEFORE_SIGNING = "before_signing"


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is a JSON pointer inside the chunk; `offset` the byte of the file where its structure breaks."""

    chunk: str
    field: str
    change: Change
    offset: int | None = None


def first_altered_field(chunk: Mapping[str, JsonValue], root: str, fields: int) -> Finding | None:
    """None when content and list of leaf hashes both fit the signed `root`."""
    name, content = str(chunk["name"]), chunk["content"]
    found = chunk_leaves(name, content)
    found_pairs = [[leaf.path, leaf.digest.hex()] for leaf in found]
    carried = cast("list[list[str]]", chunk["leaves"])
    if len(found) == fields and merkle_root([leaf.digest for leaf in found]).hex() == root:
        if carried == found_pairs:
            return None
        place = next((n for n, pair in enumerate(found_pairs) if carried[n : n + 1] != [pair]), len(found))
        return Finding(name, found_pairs[min(place, len(found) - 1)][0], Change.HASH_LIST)
    sealed = _sealed_leaves(carried, root, fields)
    if sealed is None:  # content and list were both rewritten: the chunk is wrong, the field cannot be proven
        return Finding(name, "", Change.CHANGED)
    return _difference(name, content, sealed, found)


def _sealed_leaves(carried: list[list[str]], root: str, fields: int) -> dict[str, bytes] | None:
    try:
        leaves = {path: bytes.fromhex(digest) for path, digest in carried}
    except ValueError:
        return None
    proven = len(leaves) == len(carried) == fields and merkle_root(list(leaves.values())).hex() == root
    return leaves if proven else None


def _difference(name: str, content: JsonValue, sealed: Mapping[str, bytes], found: list[Leaf]) -> Finding:
    present = {leaf.path: leaf.digest for leaf in found}
    for path, digest in sealed.items():
        if present.get(path) != digest:
            shifted = _shifted_element(name, content, sealed, path)
            if shifted is not None:
                return shifted
            if path not in present:
                return Finding(name, _highest(path, present), Change.REMOVED)
            return Finding(name, path, Change.CHANGED)
    added = next((path for path in present if path not in sealed), "")
    return Finding(name, _highest(added, sealed), Change.ADDED)


def _highest(path: str, others: Mapping[str, bytes]) -> str:
    """The whole branch of `path` that none of `others` reaches into."""
    while True:
        parent = path.rpartition("/")[0]
        if not parent or any(other == parent or other.startswith(f"{parent}/") for other in others):
            return path
        path = parent


def _shifted_element(name: str, content: JsonValue, sealed: Mapping[str, bytes], path: str) -> Finding | None:
    """A list element on the way to `path` that was removed, inserted or moved instead of changed."""
    tokens = path.split("/")[1:]
    for depth, token in enumerate(tokens):
        if isinstance(content, list):
            if not token.isdecimal():  # a list stands where the issuer had an object
                return None
            change = _list_change(name, content, sealed, tokens[: depth + 1])
            if change is not None:
                return Finding(name, "/" + "/".join(tokens[: depth + 1]), change)
        content = _child(content, token)
    return None


def _list_change(name: str, elements: list[JsonValue], sealed: Mapping[str, bytes], tokens: list[str]) -> Change | None:
    place, parent = int(tokens[-1]), "/".join(["", *tokens[:-1]])
    here, following = (_branch(sealed, f"{parent}/{number}") for number in (place, place + 1))

    def holds(found_place: int, sealed_place: int, branch: Mapping[str, bytes]) -> bool:
        if not branch or found_place >= len(elements):
            return False
        leaves = chunk_leaves(name, elements[found_place], f"{parent}/{sealed_place}")
        return branch == {leaf.path: leaf.digest for leaf in leaves}

    if holds(place, place, here):
        return None
    if holds(place, place + 1, following):
        return Change.MOVED if holds(place + 1, place, here) else Change.REMOVED
    if holds(place + 1, place, here):
        return Change.ADDED
    return Change.MOVED if any(holds(other, place, here) for other in range(len(elements))) else None


def _branch(sealed: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {path: digest for path, digest in sealed.items() if path == prefix or path.startswith(f"{prefix}/")}


def _child(content: JsonValue, token: str) -> JsonValue:
    if isinstance(content, list):
        return content[int(token)] if int(token) < len(content) else None
    if isinstance(content, dict):
        return content.get(token.replace("~1", "/").replace("~0", "~"))
    return None
