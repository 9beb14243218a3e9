from collections.abc import Sequence

import numpy as np
import pytest

from occam.theory.fields import largest_curvature
from occam.theory.flows import (
    Flow,
    descent,
    effective_step,
    error_orders,
    floor,
    flows_beside,
    integrate,
    integrating,
    measured_weight,
    paused_error_orders,
    settled_velocity,
)
from occam.theory.penalties import implicit_weight
from occam.theory.tracks import OrderPoint, fit_order
from tests import oracles
from tests.cases import Case
from tests.theory.nets import BINARY, REGRESSION, field_of, module_of

NETS = pytest.mark.parametrize("case", [REGRESSION, BINARY], ids=lambda case: case.task)


def halvings(field, start: np.ndarray, stability: float) -> list[float]:
    """γ with γλ_max = `stability` at the start, and four halvings."""
    return [stability / largest_curvature(field, start) / 2**k for k in range(5)]


def slopes(points: Sequence[OrderPoint], kind: str) -> dict[str, float]:
    gammas, floors = [point.step_size for point in points], [point.floor for point in points]
    errors = [getattr(point, kind) for point in points]
    fits = {name: fit_order(gammas, [error[name] for error in errors], floors) for name in errors[0]}
    assert all(fit.used == len(points) for fit in fits.values()), "no error is near the integration's"
    return {name: fit.slope for name, fit in fits.items()}


@NETS
def test_orders_of_accuracy_at_one_step_and_at_fixed_time(case: Case) -> None:  # T6
    field, start = field_of(case)
    gammas = halvings(field, start, 0.3)
    points = list(error_orders(field, start, gammas, 6 * gammas[0]))
    one, fixed = slopes(points, "one_step"), slopes(points, "fixed_time")
    for name, order in (("gradient", 2), ("modified", 3), ("second_order", 4)):
        assert one[name] == pytest.approx(order, abs=0.15), name
        assert fixed[name] == pytest.approx(order - 1, abs=0.15), name
    assert [point.stability for point in points] == pytest.approx([0.3 / 2**k for k in range(5)], rel=1e-3)
    assert [point.steps for point in points] == [6 * 2**k for k in range(5)]
    assert all(set(point.endings.values()) == {"complete"} for point in points)


@NETS
def test_a_wrong_weight_loses_an_order(case: Case) -> None:  # T7
    field, start = field_of(case)
    gammas = halvings(field, start, 0.1)
    points = list(error_orders(field, start, gammas, 3 * gammas[0]))
    one, fixed = slopes(points, "one_step"), slopes(points, "fixed_time")
    assert one["modified"] == pytest.approx(3, abs=0.15)
    assert one["wrong_weight"] == pytest.approx(2, abs=0.15)
    assert fixed["wrong_weight"] == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("momentum", [0.3, 0.6])
def test_momentums_factor_is_measured_by_order(momentum: float) -> None:  # T11
    field, start = field_of(REGRESSION)
    gammas = [0.1 * (1 - momentum) ** 2 * gamma for gamma in halvings(field, start, 1.0)]
    time = 8 * effective_step(gammas[0], momentum)
    points = list(error_orders(field, start, gammas, time, momentum=momentum))
    one, fixed = slopes(points, "one_step"), slopes(points, "fixed_time")
    for name, order in (("gradient", 2), ("modified", 3), ("wrong_weight", 2)):
        assert one[name] == pytest.approx(order, abs=0.15), name
        assert fixed[name] == pytest.approx(order - 1, abs=0.15), name
    assert "second_order" not in one


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.8])
def test_the_weight_measured_tends_to_the_one_expected(momentum: float) -> None:
    field, start = field_of(REGRESSION)
    gammas = [0.02 * (1 - momentum) ** 2 * gamma for gamma in halvings(field, start, 1.0)[:2]]
    time = 8 * effective_step(gammas[0], momentum)
    ratios = [measured_weight(field, start, g, time, momentum) / implicit_weight(g, momentum) for g in gammas]
    assert 2 * ratios[1] - ratios[0] == pytest.approx(1, abs=0.01)  # the O(ε) part extrapolated away
    assert abs(ratios[1] - 1) < 0.1


@NETS
def test_a_penalty_flow_descends_the_penalised_loss(case: Case) -> None:
    field, theta = field_of(case)
    net, x, y = module_of(case, theta)
    for weight in (0.0, 0.3):
        loss = oracles.mean_loss(net, case.task, x, y)
        expected = -oracles.gradient(loss + oracles.penalties(net, case.task, x, y, weight), net)
        np.testing.assert_allclose(Flow(weight).velocity(field)(theta), expected, rtol=1e-9, atol=1e-12)


def test_the_flows_beside_descent_carry_the_weights_of_the_theory() -> None:
    assert flows_beside(0.2)["modified"] == Flow(0.05)
    assert flows_beside(0.2)["wrong_weight"] == Flow(0.1)
    assert flows_beside(0.2)["second_order"] == Flow(0.05, 0.2**2)
    assert flows_beside(0.1, 0.5)["modified"].penalty == pytest.approx(0.2 / 4 * 3)
    assert flows_beside(0.1, 0.5)["wrong_weight"].penalty == pytest.approx(0.2 / 4)


@pytest.mark.parametrize("tolerance", [1e-6, 1e-9, 1e-13])
def test_integration_errs_less_than_its_floor(tolerance: float) -> None:
    rates, times = np.array([1.0, 3.0, 0.1]), np.array([0.0, 0.13, 0.5, 2.0])
    track = integrate(lambda theta: -rates * theta, np.ones(3), times, tolerance=tolerance)
    errors = np.linalg.norm(track.points - np.exp(-np.outer(times, rates)), axis=1)
    assert errors[0] == 0
    assert errors[-1] < floor(np.ones(3), tolerance)
    assert errors.max() < 10 * floor(np.ones(3), tolerance)  # between steps an interpolation of lower order
    assert (track.ending, track.end_time) == ("complete", 2.0)


def test_the_same_call_gives_the_same_bits() -> None:
    field, start = field_of(BINARY)
    first, second = (next(error_orders(field, start, [0.1], 0.5)) for _ in range(2))
    assert first == second


def test_a_solution_that_ends_in_finite_time_is_a_result() -> None:
    times = np.array([0.0, 0.25, 1.0])
    track = integrate(lambda theta: theta**2, np.array([2.0]), times, most_evaluations=10_000)  # θ = 1/(½ − t)
    assert track.ending == "diverged"
    assert track.end_time == pytest.approx(0.5, abs=1e-4)
    np.testing.assert_allclose(track.points[:2, 0], [2.0, 4.0], rtol=1e-9)
    assert np.isnan(track.end).all()


@pytest.mark.parametrize("start", [np.nan, np.inf, 1e200])
def test_a_start_without_a_finite_velocity_has_diverged(start: float) -> None:
    track = integrate(lambda theta: theta**2, np.array([start]), np.array([0.0, 1.0]))
    assert (track.ending, track.end_time) == ("diverged", 0.0)


def test_stiffness_exhausts_a_budget_and_says_so() -> None:
    track = integrate(lambda theta: -1e6 * (theta - 1), np.zeros(1), np.array([0.0, 100.0]), most_evaluations=500)
    assert track.ending == "unresolved"
    assert 0 < track.end_time < 100
    assert np.isnan(track.end).all()


def test_a_pause_leaves_numpys_warnings_to_whoever_runs_meanwhile() -> None:
    before = np.geterr()
    work = integrating(lambda theta: -theta, np.ones(2), np.array([0.0, 5.0]))
    for _ in work:
        assert np.geterr() == before
    pauses = paused_error_orders(*field_of(BINARY), [0.1], 0.2)
    for _ in pauses:
        assert np.geterr() == before


def test_no_time_is_the_start() -> None:
    track = integrate(lambda theta: -theta, np.ones(2), np.array([0.0]))
    assert track.ending == "complete"
    np.testing.assert_array_equal(track.end, np.ones(2))


def test_descent_beyond_the_edge_ends_with_the_time() -> None:
    field, start = field_of(REGRESSION)
    path = descent(field, start, 50.0, 200)
    assert path.ending == "diverged"
    reached = np.isfinite(path.points[:, 0])
    assert path.end_time == path.times[reached.sum()]
    assert not reached[reached.sum() :].any()


def test_errors_beyond_the_edge_are_undefined_and_the_rest_goes_on() -> None:
    field, start = field_of(BINARY)
    far, near = error_orders(field, start, [1e7, 0.01], 0.02, most_evaluations=200)
    assert set(far.endings.values()) <= {"diverged", "unresolved"}
    assert np.isnan([*far.one_step.values(), *far.fixed_time.values()]).all()
    assert np.isfinite([*near.one_step.values(), *near.fixed_time.values()]).all()


def test_a_diverged_descent_has_no_error_at_fixed_time() -> None:
    field, start = field_of(REGRESSION)
    point = next(error_orders(field, start, [1.0], 400.0, most_evaluations=600))
    assert point.stability > 2
    assert point.endings["descent"] == "diverged"
    assert np.isnan(list(point.fixed_time.values())).all()
    assert np.isfinite(point.one_step["gradient"])
    assert point.endings["gradient"] == "complete", "followed for one step, not for 400"


def test_a_settled_start_is_the_gradient_without_momentum_to_first_order() -> None:
    field, start = field_of(REGRESSION)
    np.testing.assert_allclose(settled_velocity(field, start, 1e-9, 0.0), field.gradient(start), rtol=1e-6, atol=1e-7)
