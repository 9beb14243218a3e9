import pickle

import numpy as np
import pytest

from occam.theory.flows import error_orders
from occam.theory.tracks import fit_order
from occam.theory.two_parameter import TwoParameter
from occam.theory.two_parameter_paths import end_points, paths

MODEL, START = TwoParameter(1.0, 0.6), (1.4, 1.75)
FLOWS = ("gradient", "modified", "wrong_weight", "second_order")


def test_orders_of_accuracy() -> None:  # T6
    start = np.array(START)
    gammas = [0.3 / float(MODEL.sharpness(start)) / 2**k for k in range(5)]
    points = list(error_orders(MODEL, start, gammas, 10 * gammas[0]))
    for kind, first in (("one_step", 2), ("fixed_time", 1)):
        for name, order in (("gradient", first), ("modified", first + 1), ("second_order", first + 2)):
            fit = fit_order(gammas, [getattr(point, kind)[name] for point in points], [p.floor for p in points])
            assert fit.slope == pytest.approx(order, abs=0.15), (kind, name)


def test_gradient_flow_conserves_the_imbalance_and_descent_shrinks_it() -> None:  # T10
    found = paths(MODEL, START, 0.1, 20.0)
    before = START[0] ** 2 - START[1] ** 2
    np.testing.assert_allclose(found.imbalance["gradient"], before, rtol=1e-8)
    descent = found.tracks["descent"]
    factors = 1 - (0.1 * MODEL.residual(descent.points[:-1]) * MODEL.x) ** 2
    np.testing.assert_allclose(found.imbalance["descent"], before * np.cumprod([1, *factors]), rtol=1e-12)
    for name in FLOWS[1:]:
        assert (np.diff(np.abs(found.imbalance[name])) <= 1e-8).all(), name
        assert abs(found.imbalance[name][-1]) < abs(before) - 1e-3, name


def test_paths_start_together_and_end_at_minima_in_the_order_of_their_weights() -> None:
    found = paths(MODEL, START, 0.1, 60.0, samples=50)
    assert found.tracks.keys() == found.end_sharpness.keys() == {"descent", *FLOWS}
    for name, track in found.tracks.items():
        assert track.ending == "complete"
        np.testing.assert_array_equal(track.points[0], START)
        assert MODEL.loss(track.end) < 1e-12
        assert track.times[-1] == pytest.approx(60)
        assert len(track.times) == (601 if name == "descent" else 50)
    assert found.end_sharpness["wrong_weight"] < found.end_sharpness["modified"] < found.end_sharpness["gradient"]
    miss = {name: abs(found.end_sharpness[name] - found.end_sharpness["descent"]) for name in FLOWS}
    assert miss["second_order"] < miss["modified"] < miss["gradient"]
    assert found.stability == pytest.approx(0.1 * float(MODEL.sharpness(np.array(START))))


def test_a_larger_step_ends_flatter() -> None:
    found = list(end_points(MODEL, START, [0.02, 0.05, 0.1, 0.2], 40.0))
    sharpness = [point.end_sharpness["descent"] for point in found]
    assert (np.diff(sharpness) < 0).all()
    assert [len(point.tracks["modified"].times) for point in found] == [2] * 4
    least = float(MODEL.sharpness(MODEL.flattest())[0])
    assert all(least < value for value in sharpness)
    gradient = [point.end_sharpness["gradient"] for point in found]
    np.testing.assert_allclose(gradient, gradient[0], rtol=1e-7)


def test_a_step_past_divergence_is_a_result() -> None:
    found = paths(MODEL, (2.8, 3.5), 5.0, 100.0)
    descent = found.tracks["descent"]
    assert descent.ending == "diverged"
    assert descent.end_time < 100
    assert np.isnan(found.end_sharpness["descent"])
    assert found.stability > 2
    assert found.tracks["gradient"].ending == "complete"
    for name, track in found.tracks.items():
        assert (track.ending == "complete") == bool(np.isfinite(found.end_sharpness[name])), name


def test_momentum_has_no_second_order_flow_and_longer_steps() -> None:
    found = paths(MODEL, START, 0.05, 20.0, momentum=0.5)
    assert found.tracks.keys() == {"descent", *FLOWS[:3]}
    np.testing.assert_allclose(np.diff(found.tracks["descent"].times), 0.1)
    assert found.tracks["descent"].times[-1] == pytest.approx(20)
    # From rest: v₀ = 0, so the first step is plain.
    first = np.array(START) - 0.05 * MODEL.gradient(np.array(START))
    np.testing.assert_allclose(found.tracks["descent"].points[1], first, rtol=1e-14)


def test_paths_travel_between_processes() -> None:
    found = paths(MODEL, START, 0.1, 1.0, samples=3)
    copy = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(copy.tracks["modified"].points, found.tracks["modified"].points)
