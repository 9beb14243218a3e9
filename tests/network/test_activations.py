import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from occam.network.activations import ACTIVATIONS
from tests import oracles

POINTS = torch.cat([torch.linspace(-40, 40, 401), torch.tensor([0.01, -0.01, 1e-8, 19.99, 20.01])]).double()
NAMES = sorted(ACTIVATIONS)


def evaluate(name: str, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """φ, φ' and φ''·back (back = 1.7) as the backpropagation assembles them."""
    phi = ACTIVATIONS[name]
    h, slope, bent = (torch.full_like(z, torch.nan) for _ in range(3))
    phi.value(z, h)
    phi.slope(z, h, slope)
    back = torch.full_like(z, 1.7)
    if phi.bend is None:
        return h, slope, torch.zeros_like(z)
    phi.bend(z, h, back, slope * back, bent)
    return h, slope, phi.bend_scale * bent


def derivatives(name: str, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    z = z.clone().requires_grad_()
    h = oracles.activation_module(name)(z)
    (slope,) = torch.autograd.grad(h.sum(), z, create_graph=True)
    bend = torch.zeros_like(z)
    if slope.requires_grad:
        (bend,) = torch.autograd.grad(slope.sum(), z, materialize_grads=True)
    return h.detach(), slope.detach(), 1.7 * bend


def test_the_oracle_knows_the_same_activations():
    assert set(ACTIVATIONS) == set(oracles.ACTIVATIONS)


@pytest.mark.parametrize("name", NAMES)
def test_value_slope_and_bend_equal_autograd(name: str):
    z = POINTS[POINTS != 0]  # ReLU has no derivative at 0
    for ours, theirs in zip(evaluate(name, z), derivatives(name, z), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=2e-15)


@pytest.mark.parametrize("name", NAMES)
@given(z=st.floats(-30, 30, allow_subnormal=False).filter(lambda z: abs(z) > 1e-6))
def test_derivatives_are_limits_of_differences(name: str, z: float):
    step = min(1e-5, abs(z) / 2)
    around = torch.tensor([z - step, z, z + step], dtype=torch.float64)
    h, slope, bent = evaluate(name, around)
    assert float(h[2] - h[0]) / (2 * step) == pytest.approx(float(slope[1]), rel=1e-6, abs=1e-8 + 1e-14 / step)
    assert 1.7 * float(slope[2] - slope[0]) / (2 * step) == pytest.approx(float(bent[1]), abs=1e-6 + 1e-14 / step)


@pytest.mark.parametrize("name", NAMES)
def test_lipschitz_constant_is_the_supremum_of_the_slope(name: str):
    fine = torch.linspace(-40, 40, 800_001, dtype=torch.float64)
    largest = float(evaluate(name, fine)[1].abs().max())
    assert largest <= ACTIVATIONS[name].lipschitz <= largest * (1 + 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_float32_agrees_with_float64(name: str):
    z = POINTS[POINTS != 0].float()
    for single, double in zip(evaluate(name, z), evaluate(name, z.double()), strict=True):
        torch.testing.assert_close(single.double(), double, rtol=2e-5, atol=1e-6)
