"""The laws of counts and lengths against SciPy's own distributions, and their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from samegauge.engines.laws.continuous import chi_square_below
from samegauge.engines.laws.counts import (
    binomial_at_most,
    hypergeometric_at_most,
    length_density,
    noncentral_student_quantile,
    poisson_at_most,
)
from samegauge.engines.laws.numerics import root_between

COUNTS = np.arange(-1, 12)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("size", [1, 5, 11, 400])
def test_binomial(size: int, share: float) -> None:
    assert binomial_at_most(COUNTS, size, share) == pytest.approx(stats.binom.cdf(COUNTS, size, share), abs=1e-13)


def test_poisson_with_many_means_at_once() -> None:
    means = np.array([0.0, 0.1, 7.0])[:, None]
    assert poisson_at_most(COUNTS, means) == pytest.approx(stats.poisson.cdf(COUNTS, means), abs=1e-13)


@pytest.mark.parametrize(("size", "marked", "total"), [(10, 4, 30), (20, 15, 25), (1, 0, 1), (6, 6, 6), (5, 0, 9)])
def test_hypergeometric(size: int, marked: int, total: int) -> None:
    exact = stats.hypergeom.cdf(COUNTS, total, marked, size)
    assert hypergeometric_at_most(COUNTS, size, marked, total) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(("dimensions", "distance"), [(1, 0.0), (1, 2.0), (2, 3.0), (7, 1.5), (30, 0.0)])
def test_lengths_of_normal_vectors(dimensions: int, distance: float) -> None:
    lengths = np.array([0.3, 1.0, 4.0])
    squares = stats.chi2(dimensions) if distance == 0.0 else stats.ncx2(dimensions, distance**2)
    exact = 2.0 * lengths * squares.pdf(lengths**2)
    assert length_density(lengths, distance, dimensions) == pytest.approx(exact, rel=1e-9)


def test_chi_square() -> None:
    assert float(chi_square_below(4.0, 3.0)) == pytest.approx(stats.chi2.cdf(4.0, 3))
    assert float(chi_square_below(4.0, 3.0, 2.5)) == pytest.approx(stats.ncx2.cdf(4.0, 3, 2.5))


@pytest.mark.parametrize(("dof", "noncentrality"), [(1.0, 0.7), (9.0, 5.0), (1999.0, 200.0)])
def test_noncentral_student(dof: float, noncentrality: float) -> None:
    found = noncentral_student_quantile(0.05, dof, noncentrality)
    assert stats.nct.cdf(found, dof, noncentrality) == pytest.approx(0.05, rel=1e-8)


def test_a_root() -> None:
    assert root_between(math.cos, 0.0, 3.0) == pytest.approx(math.pi / 2.0, abs=1e-9)
