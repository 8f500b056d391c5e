from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tools import docstring_contract

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = '''
def strain(stress: float, modulus: FloatArray, *, label: str = "") -> float:
    """How far does a bar stretch under a stress?

    Parameters
    ----------
    stress : float
        Tension positive [Pa].
    modulus : ndarray, shape (n,)
        Young's modulus [Pa].
    label : str
        Shown in the report.

    Returns
    -------
    float
        Strain [1].

    Raises
    ------
    ValueError
        A modulus is not positive.

    Notes
    -----
    Hooke's law; small strains.

    References
    ----------
    ISO 6892-1:2019, 3.4.

    Examples
    --------
    >>> strain(2.0, 4.0)
    0.5
    """
    if modulus <= 0:
        raise ValueError(label)
    return stress / modulus
'''
PATH = "src/samegauge/engines/bar.py"


def test_a_kept_contract_is_silent(found: Callable[..., list[str]]) -> None:
    assert not found(docstring_contract.findings, {PATH: GOOD})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    label : str\n        Shown in the report.\n", "", "parameter label is not documented"),
        ("    label : str\n", "    lable : str\n", "lable is documented but is no parameter"),
        ("positive [Pa]", "positive", "numeric parameter stress has no [unit] ([1] for a pure number)"),
        ("Young's modulus [Pa].", "In [0, 1].", "numeric parameter modulus has no [unit] ([1] for a pure number)"),
        ("Strain [1].", "Strain.", "numeric return float has no [unit] ([1] for a pure number)"),
        ("    Returns\n    -------\n    float\n        Strain [1].\n", "", "no Returns section"),
        (
            "ValueError\n        A modulus",
            "KeyError\n        A modulus",
            "raises ValueError, which the Raises",
        ),
        ("Hooke's law; small strains.", "", "no Notes section"),
        ("ISO 6892-1:2019, 3.4.", "", "no References section"),
        ("    0.5\n", "", "no runnable example with its value"),
        (">>> ", "", "no runnable example with its value"),
        ("under a stress?", "under a stress", "the summary is not a sentence"),
        ("under a stress?", "under a stress? It tells.", "the summary is more than one sentence"),
    ],
)
def test_each_breach_is_named(found: Callable[..., list[str]], old: str, new: str, message: str) -> None:
    assert old in GOOD
    findings = found(docstring_contract.findings, {PATH: GOOD.replace(old, new, 1)})
    assert any(f"strain: {message}" in finding for finding in findings), findings


def test_a_function_without_docstring(found: Callable[..., list[str]]) -> None:
    code = "def strain(x: float) -> float:\n    return x\n\n\ndef _step(x):\n    return x\n"
    assert found(docstring_contract.findings, {PATH: code}) == [f"{PATH}:1: strain: no docstring"]


def test_other_rooms_are_free(found: Callable[..., list[str]]) -> None:
    assert not found(docstring_contract.findings, {"src/samegauge/lake/a.py": "def f(x: float) -> float: ...\n"})


def test_no_unit_is_asked_of_flags_and_texts(found: Callable[..., list[str]]) -> None:
    code = dedent(GOOD).replace("label: str", "label: NDArray[np.bool_]")
    assert not found(docstring_contract.findings, {PATH: code})
