"""T13: a curve's length lies between the polyline and the energy's bound; the quadratures against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.theory.curve import (
    arc_length,
    chord_length,
    dirichlet_energy,
    grid_with,
    measure_curve,
    polyline,
    slope_energy,
)
from occam.theory.probe import Probe
from tests import oracles
from tests.cases import Case

SAMPLES = st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=1, max_size=8)


def network(seed: int, activation: str, gain: float):
    """A network of one input and output as x ↦ (f, f'), by explicit passes."""
    case = Case((1, 7, 7, 1), activation, "regression", 1, 1, seed=seed, gain=gain)
    params = oracles.flatten(oracles.build(case.matrices()[0], activation).parameters())
    probe = Probe(case.sizes, activation, "regression", params)

    def curve(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = torch.from_numpy(x)[None]
        slopes = probe.output_input_grad(points, torch.ones_like(points))[0].numpy()
        return probe.outputs(points)[0].numpy(), slopes

    return curve


@settings(max_examples=50)
@given(st.integers(0, 500), st.sampled_from(["tanh", "relu", "sine"]), st.floats(0.5, 3.0), SAMPLES)
def test_chord_polyline_arc_and_bound_are_in_order(seed: int, activation: str, gain: float, samples: list[float]):
    """Exactly, on a grid that holds every sample, for the line through fitted values; also with slopes integrated."""
    curve, x = network(seed, activation, gain), grid_with(-1.2, 1.2, 200, samples)
    f, slopes = curve(x)
    fitted, _ = curve(np.array(samples))
    found = measure_curve(x, f, slopes, samples, fitted)
    slack = 1 + 1e-12
    assert found.chord <= found.arc * slack and found.arc <= found.bound * slack
    assert found.polyline <= found.spanned * slack <= found.arc * slack**2
    assert found.excess >= -1e-12 * found.arc
    arc, energy = arc_length(x, slopes)[0], slope_energy(x, slopes)[0]
    assert arc <= (2.4 + energy) * slack
    assert found.energy == pytest.approx(energy / 2.4)


def test_a_longer_grid_never_shortens_the_line():
    curve = network(3, "sine", 3.0)
    lengths = [chord_length(x, curve(x)[0]) for x in (np.linspace(-1, 1, 2**k + 1) for k in range(8))]
    assert (np.diff(lengths) >= 0).all() and lengths[-1] > lengths[0]


def parabola(points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.linspace(0, 2, points)
    return x, x**2 / 2, x


EXACT = (2 * math.sqrt(5) + math.asinh(2)) / 2  # ∫₀² √(1 + x²) dx


@pytest.mark.parametrize("points", [41, 81, 161])
def test_errors_are_as_stated(points: int):
    """The parabola x²/2: f'' = 1, √(1 + f'²)' = x/√(1 + x²)."""
    x, f, slopes = parabola(points)
    h = 2 / (points - 1)
    arc, estimate = arc_length(x, slopes)
    assert arc - EXACT == pytest.approx(h**2 / 12 * (2 / math.sqrt(5)), rel=1e-3)
    assert estimate == pytest.approx(arc - EXACT, rel=1e-2)
    cubed = 2 / math.sqrt(5)  # ∫₀² (1 + x²)^{-3/2} dx
    assert EXACT - chord_length(x, f) == pytest.approx(h**2 / 24 * cubed, rel=1e-3)
    energy, estimate = slope_energy(x, slopes)
    assert energy - 4 / 3 == pytest.approx(h**2 / 6, rel=1e-6) and estimate == pytest.approx(h**2 / 6, rel=1e-6)
    assert dirichlet_energy(x, slopes) == energy / 2


@pytest.mark.parametrize("points", [4, 40])
def test_an_even_number_of_points_still_has_an_estimate(points: int):
    x, _, slopes = parabola(points)
    arc, estimate = arc_length(x, slopes)
    assert 0.3 < estimate / (arc - EXACT) < 3


def test_a_straight_line_has_no_excess():
    x = grid_with(0, 1, 10, [0.25, 0.33])
    found = measure_curve(x, 2 * x + 1, np.full_like(x, 2.0), [0.25, 0.33], [1.5, 1.66])
    assert found.arc == pytest.approx(math.sqrt(5)) and found.chord == pytest.approx(math.sqrt(5))
    assert found.bound == pytest.approx(1 + 2) and found.energy == pytest.approx(2.0)
    assert found.excess == pytest.approx(0, abs=1e-14)


def test_a_curve_that_misses_its_samples_can_be_shorter_than_the_line_through_them():
    x = grid_with(0, 1, 10, [0.5])
    found = measure_curve(x, np.zeros_like(x), np.zeros_like(x), [0, 0.5, 1], [0, 1, 0])
    assert found.excess == pytest.approx(1 - 2 * math.hypot(0.5, 1))


def test_a_polyline_is_sorted_and_averages_what_repeats():
    corners, heights = polyline([3, 1, 3, 2], [5, 0, 7, 2])
    assert (corners.tolist(), heights.tolist()) == ([1, 2, 3], [0, 2, 6])


@given(SAMPLES, st.integers(1, 30))
def test_a_grid_holds_its_samples_once_and_in_order(samples: list[float], cells: int):
    grid = grid_with(-0.5, 1, cells, samples)
    assert (np.diff(grid) > 0).all() and (grid[0], grid[-1]) == (-0.5, 1)
    assert set(grid) >= {sample for sample in samples if sample >= -0.5}
    assert cells + 1 <= len(grid) <= cells + 1 + len(samples)


def test_degenerate_curves():
    found = measure_curve([0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.0], [9.0])
    assert (found.polyline, found.spanned, found.excess) == (0, 0, 0)
    assert math.isnan(arc_length([0, 1], [0, 0])[1]) and math.isnan(dirichlet_energy([1.0], [2.0]))
    with pytest.raises(ValueError, match=r"lacks 0\.3"):
        measure_curve([0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.3], [0.0])
