from __future__ import annotations

import hashlib

import pytest

from samegauge.formats.merkle import inclusion_proof, merkle_root, proves_inclusion

# Leaves and roots of the Certificate Transparency project's own tree tests.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word: split at the largest power of two below n."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


def test_roots_of_the_certificate_transparency_tests() -> None:
    leaves = [leaf(bytes.fromhex(text)) for text in CT_LEAVES]
    assert [merkle_root(leaves[:size]).hex() for size in range(1, 9)] == CT_ROOTS
    assert merkle_root([]) == hashlib.sha256(b"").digest()


def test_level_by_level_equals_the_recursive_definition() -> None:
    leaves = [leaf(bytes([number])) for number in range(70)]
    assert all(merkle_root(leaves[:size]) == recursive_root(leaves[:size]) for size in range(1, 71))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 33])
def test_each_leaf_is_proven_at_its_place_and_nowhere_else(size: int) -> None:
    leaves = [leaf(bytes([number])) for number in range(size)]
    root = merkle_root(leaves)
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        assert len(proof) <= (size - 1).bit_length()
        proven = [place for place in range(-1, size + 1) if proves_inclusion(leaves[index], place, size, proof, root)]
        assert proven == [index]


def test_a_changed_leaf_proof_or_root_proves_nothing() -> None:
    leaves = [leaf(bytes([number])) for number in range(6)]
    root, proof = merkle_root(leaves), inclusion_proof(leaves, 4)
    assert proves_inclusion(leaves[4], 4, 6, proof, root)
    assert not proves_inclusion(leaves[3], 4, 6, proof, root)
    assert not proves_inclusion(leaves[4], 4, 6, proof[:-1], root)
    assert not proves_inclusion(leaves[4], 4, 6, (*proof, root), root)
    assert not proves_inclusion(leaves[4], 4, 6, proof, leaves[0])
    with pytest.raises(IndexError, match="tree of 6"):
        inclusion_proof(leaves, 6)
