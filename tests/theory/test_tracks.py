import numpy as np
import pytest

from occam.theory.tracks import fit_order

GAMMAS = 0.1 / 2 ** np.arange(5)


@pytest.mark.parametrize("order", [1.0, 2.0, 3.5])
def test_a_power_law_is_found_exactly(order: float) -> None:
    fit = fit_order(GAMMAS, 7 * GAMMAS**order)
    assert fit.slope == pytest.approx(order, abs=1e-12)
    assert 10**fit.intercept == pytest.approx(7)
    assert (fit.low, fit.high, fit.used) == (GAMMAS[-1], GAMMAS[0], 5)
    assert fit.deviation < 1e-12


def test_points_near_the_floor_or_undefined_are_left_out() -> None:
    errors = 7 * GAMMAS**2
    errors[0], errors[-1] = np.nan, 3e-6
    fit = fit_order(GAMMAS, errors, 1e-6)
    assert fit.slope == pytest.approx(2.0, abs=1e-12)
    assert (fit.low, fit.high, fit.used) == (GAMMAS[3], GAMMAS[1], 3)


@pytest.mark.parametrize("errors", [[], [1.0], [np.nan, 1.0], [0.0, 0.0]])
def test_fewer_than_two_points_have_no_slope(errors: list[float]) -> None:
    fit = fit_order(GAMMAS[: len(errors)], errors)
    assert np.isnan([fit.slope, fit.low, fit.deviation]).all()
    assert np.isnan(fit_order([0.1, 0.1], [1.0, 2.0]).slope)
