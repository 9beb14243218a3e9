import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES
from occam.network.parameters import Layout, initial_row, layer_sizes
from occam.spec import Init, ModelSpec
from occam.theory.complexity import cell_centres, output_input_grad_sq, sobol_points
from tests import oracles
from tests.cases import Case, cases, stack


@given(cases(most_samples=4))
def test_squared_input_gradient_equals_the_jacobian_for_any_number_of_outputs(case: Case):
    found = output_input_grad_sq(stack(case).passes)
    for run in range(case.runs):
        net, x = oracles.build(case.matrices()[run], case.activation), torch.tensor(case.x()[run])
        exact = [np.sum(oracles.jacobian(net, point) ** 2) for point in x]
        np.testing.assert_allclose(found[run], exact, rtol=1e-10, atol=1e-20)
        np.testing.assert_allclose(oracles.output_slopes(net, x), exact, rtol=1e-10, atol=1e-20)


@given(cases(), st.floats(-100, 100))
def test_t14_scaling_the_function_scales_complexity_by_the_square(case: Case, factor: float):
    matrices = case.matrices()
    for run in matrices:
        run[-1] *= factor
    before, after = (
        output_input_grad_sq(stack(case).passes),
        output_input_grad_sq(stack(case, matrices=matrices).passes),
    )
    torch.testing.assert_close(after, factor**2 * before, rtol=1e-11, atol=1e-300)


@given(cases(activations=("identity",)))
def test_t14_a_linear_net_has_the_squared_norm_of_its_matrix_everywhere(case: Case):
    found = output_input_grad_sq(stack(case).passes)
    for run, matrices in enumerate(case.matrices()):
        product = np.linalg.multi_dot([np.eye(case.sizes[-1]), *[m[:, :-1] for m in reversed(matrices)]])
        np.testing.assert_allclose(found[run], np.sum(product**2), rtol=1e-10)


@given(cases(gains=(0.1, 5.0)))
def test_t14_the_product_of_operator_norms_bounds_the_input_gradient(case: Case):
    """‖J_f‖₂ ≤ Π‖Wˡ‖₂·Lip(φ)^depth, and ‖J_f‖_F² ≤ rank·‖J_f‖₂²."""
    found = output_input_grad_sq(stack(case).passes)
    rank = min(case.sizes)
    for run, matrices in enumerate(case.matrices()):
        product = np.prod([np.linalg.norm(m[:, :-1], 2) for m in matrices])
        lipschitz = product * ACTIVATIONS[case.activation].lipschitz ** (len(matrices) - 1)
        assert found[run].max() <= rank * lipschitz**2 * (1 + 1e-10)


@given(st.integers(3, 20), st.integers(0, 1000))
def test_sobol_points_fill_the_box_and_are_the_same_every_time(d: int, seed: int):
    rng = np.random.default_rng(seed)
    low = torch.tensor(rng.normal(size=d))
    high = low + torch.tensor(rng.uniform(0.1, 5, size=d))
    points = sobol_points(low, high, 1024)
    assert points.shape == (d, 1024) and torch.equal(points, sobol_points(low, high, 1024))
    unit = (points - low[:, None]) / (high - low)[:, None]
    assert bool((unit >= 0).all() and (unit <= 1).all())
    # a scrambled (0, m, 1) sequence in each coordinate: one point in each of the 1024 equal cells
    cells = (unit * 1024).floor().clamp(0, 1023).sort(1).values
    assert float((cells == torch.arange(1024)).double().mean()) > 0.99
    assert torch.corrcoef(unit).triu(1).abs().max() < 0.2


@given(st.floats(-10, 10), st.floats(0.01, 20), st.integers(1, 300))
def test_cell_centres_are_midpoints(low: float, width: float, cells: int):
    centres = cell_centres(low, low + width, cells).numpy()
    edges = np.linspace(low, low + width, cells + 1)
    np.testing.assert_allclose(centres, (edges[1:] + edges[:-1]) / 2, rtol=0, atol=1e-12)
    assert centres.dtype == np.float64


def initial_complexity(depth: int, init: Init, seeds: int) -> float:
    """Mean over seeds of log₂ geometric complexity at initialisation of a ReLU net of width 128."""
    models = [
        ModelSpec(depth=depth, width=128, activation="relu", init=init, seed=100 * depth + s) for s in range(seeds)
    ]
    layout = Layout(layer_sizes(models[0], 2, 1))
    theta = torch.stack([initial_row(model, layout, torch.float32) for model in models])
    passes = Backprop(layout, ACTIVATIONS["relu"], LOSSES["regression"], seeds, 64)
    passes.at(theta)
    passes.forward(torch.randn(seeds, 2, 64, generator=torch.Generator().manual_seed(7)))
    return float(output_input_grad_sq(passes).mean(1).log2().mean())


@pytest.mark.parametrize(("init", "per_layer", "tolerance"), [("glorot", -1.0, 0.15), ("he", 0.0, 0.2)])
def test_t17_depth_trend_at_initialisation(init: Init, per_layer: float, tolerance: float):
    depths = range(1, 9)
    trend = [initial_complexity(depth, init, seeds=20) for depth in depths]
    assert np.polyfit(depths, trend, 1)[0] == pytest.approx(per_layer, abs=tolerance)
    assert (trend[-1] - trend[0]) / 7 == pytest.approx(per_layer, abs=tolerance)
