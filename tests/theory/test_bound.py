import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from occam.theory.bound import SAMPLES_AT_ONCE, LayerBound, largest_singular_value_sq, layer_bound
from tests import oracles
from tests.cases import Case, Stack, cases, stack

NORMS = ("operator", "frobenius")


def bound_of(net_stack: Stack, *, output: bool = False) -> LayerBound:
    """The bound on the sample's loss, or on the single output."""
    if output:
        net_stack.passes.backward(torch.ones_like(net_stack.passes.preacts[-1]))
    return layer_bound(net_stack.passes, net_stack.weights)


def scaled(case: Case, exponents: list[float]) -> list[list[np.ndarray]]:
    """The case's [W b], layer l multiplied by 10^exponent of l."""
    return [[10.0**e * m for e, m in zip(exponents, run, strict=False)] for run in case.matrices()]


@given(cases(most_runs=2, most_samples=3))
def test_ratios_equal_the_bound_written_out_by_autograd(case: Case):
    output = case.sizes[-1] == 1
    found = bound_of(stack(case), output=output)
    for run in range(case.runs):
        net = oracles.build(case.matrices()[run], case.activation)
        x, y = torch.tensor(case.x()[run]), torch.tensor(case.y()[run])
        exact = oracles.bound_table(net, "output" if output else case.task, x, y)
        for norm in NORMS:
            np.testing.assert_allclose(found.ratios[norm][run], exact[norm][0], rtol=1e-9, atol=1e-20)
            np.testing.assert_allclose(found.summed[norm][run], exact[norm][1], rtol=1e-9, atol=1e-20)
        if not output:
            per_sample = oracles.sample_gradients(net, case.task, x, y)
            np.testing.assert_allclose(found.layer_grad_sq[run].sum(0), np.sum(per_sample**2, 1), rtol=1e-9)


def assert_bound_holds(found: LayerBound, tolerance: float) -> None:
    for parts in (found.ratios, found.summed):
        operator, frobenius = parts["operator"].numpy(), parts["frobenius"].numpy()
        for ratios in (operator, frobenius):
            valid = ratios[~np.isnan(ratios)]
            assert np.all((valid >= 0) & (valid <= 1 + tolerance)), valid.max()
        both = ~np.isnan(operator) & ~np.isnan(frobenius)
        assert np.all(frobenius[both] <= operator[both] * (1 + tolerance))


@settings(max_examples=300)
@given(cases(), st.lists(st.floats(-6, 3), min_size=9, max_size=9), st.booleans())
def test_t1_the_bound_holds_for_adversarially_scaled_weights(case: Case, exponents: list[float], plain: bool):
    net_stack = stack(case, matrices=None if plain else scaled(case, exponents))
    assert_bound_holds(bound_of(net_stack), 1e-9)
    if case.sizes[-1] == 1:
        assert_bound_holds(bound_of(net_stack, output=True), 1e-9)


@given(cases(), st.lists(st.floats(-2, 1), min_size=9, max_size=9))
def test_t1_the_bound_holds_in_float32(case: Case, exponents: list[float]):
    assert_bound_holds(bound_of(stack(case, torch.float32, matrices=scaled(case, exponents))), 1e-4)


@pytest.mark.parametrize("spread", [0.0, 30.0, 80.0])
def test_t1_survives_squares_beyond_the_ends_of_the_number_range(spread: float):
    """Squares of 1e-160 keep few digits and of 1e-170 none: what remains of a chain's ratio is 1 or nan."""
    spoken = []
    for seed in range(200):
        case = Case((1, 1, 1, 1, 1), "identity", "regression", 1, 1, seed)
        rng = np.random.default_rng(seed)
        total, exponents = rng.uniform(-162, -135), rng.normal(0, spread, 4)  # ‖∇_x f‖² of 1e-324 to 1e-270
        matrices = scaled(case, list(exponents + (total - exponents.sum()) / 4))
        spoken.append(bound_of(stack(case, matrices=matrices), output=True).ratios["operator"].flatten())
    ratios = torch.stack(spoken)
    valid = ratios[~ratios.isnan()]
    torch.testing.assert_close(valid, torch.ones_like(valid), rtol=1e-9, atol=0)
    assert 0 < len(valid) < ratios.numel()


@given(cases(outputs=1, tasks=("regression",), activations=("tanh", "softplus", "sine", "identity")))
def test_t3_a_chain_of_width_one_meets_the_bound(case: Case):
    chain = Case(tuple(1 for _ in case.sizes), case.activation, case.task, case.runs, case.samples, case.seed)
    for parts in (found := bound_of(stack(chain), output=True)).ratios, found.summed:
        for norm in NORMS:
            torch.testing.assert_close(parts[norm], torch.ones_like(parts[norm]), rtol=1e-10, atol=0)


@given(cases(deepest=0, outputs=1, tasks=("regression", "binary")))
def test_t3_one_linear_layer_with_one_output_meets_the_bound(case: Case):
    found = bound_of(stack(case), output=True)
    for ratios in (found.ratios["operator"], found.summed["operator"]):
        torch.testing.assert_close(ratios, torch.ones_like(ratios), rtol=1e-12, atol=0)
    expected = torch.full_like(ratios, 1 / case.sizes[0])  # ‖I‖_F² = d
    torch.testing.assert_close(found.summed["frobenius"], expected, rtol=1e-12, atol=0)


def degenerate(case: Case, spoil) -> LayerBound:
    matrices = case.matrices()
    spoil(matrices[0])
    return bound_of(stack(case, matrices=matrices), output=True)


def zero_weight(run: list[np.ndarray]) -> None:
    run[1][:, :-1] = 0.0


def dead_units(run: list[np.ndarray]) -> None:
    run[0][:, :-1] *= 1e-3
    run[0][:, -1] = -1.0


def test_degenerate_layers_are_nan_and_never_infinite():
    case = Case((2, 5, 4, 1), "relu", "regression", 1, 6, 3)
    healthy = bound_of(stack(case), output=True)
    assert not healthy.ratios["operator"].isnan().all()
    zero = degenerate(case, zero_weight)  # W² = 0: δ¹ = 0, W² = 0, J³ = 0
    dead = degenerate(case, dead_units)  # φ' = 0 below layer 2: δ¹ = 0, J² = 0, J³ = 0
    for found in (zero, dead):
        for norm in NORMS:
            assert found.ratios[norm].isnan().all() and found.summed[norm].isnan().all()


def test_only_the_dead_sample_is_degenerate():
    case = Case((1, 3, 1), "relu", "regression", 1, 2, 0)
    matrices = [[np.array([[1.0, 0.0], [2.0, 0.0], [0.5, 0.0]]), np.array([[1.0, 1.0, 1.0, 0.0]])]]
    net_stack = stack(case, matrices=matrices)
    net_stack.passes.forward(torch.tensor([[[1.0, -1.0]]], dtype=torch.float64))
    found = bound_of(net_stack, output=True)
    assert found.summed["operator"].isnan().tolist() == [[False, True]]
    assert found.ratios["operator"].isnan().tolist() == [[[False, True], [False, True]]]


def test_a_loss_at_zero_is_degenerate_and_its_output_is_not():
    case = Case((2, 3, 1), "tanh", "regression", 1, 4, 0)
    net_stack = stack(case)
    net_stack.passes.backward(torch.zeros(1, 1, 4, dtype=torch.float64))
    assert bound_of(net_stack).summed["operator"].isnan().all()
    assert not bound_of(net_stack, output=True).summed["operator"].isnan().any()


def test_without_features_only_the_bias_term_is_left():
    case = Case((2, 3, 1), "tanh", "regression", 1, 1, 0)
    net_stack = stack(case)
    net_stack.passes.forward(torch.zeros(1, 2, 1, dtype=torch.float64))
    found = bound_of(net_stack, output=True)
    delta_sq = net_stack.passes.deltas[0].square().sum()
    assert float(found.layer_grad_sq[0, 0, 0]) == float(delta_sq) > 0
    assert 0 < float(found.ratios["operator"][0, 0, 0]) <= 1 + 1e-12
    without = layer_bound(net_stack.passes, net_stack.weights, torch.tensor([0.0, 1.0]))
    assert float(without.layer_grad_sq[0, 0, 0]) == 0.0


def test_t4_the_bound_fails_against_the_gradient_of_the_mean_loss():
    """At the least-squares line the mean gradient is 0, the samples' gradients are not: the ratio is above 1."""
    case = Case((2, 1), "identity", "regression", 1, 9, 5)
    design = np.hstack([case.x()[0], np.ones((9, 1))])
    solution = np.linalg.lstsq(design, case.y()[0][:, 0])[0] + 1e-3
    net_stack = stack(case, matrices=[[solution[None]]])
    found = bound_of(net_stack)
    left = float((found.summed["operator"] * found.layer_grad_sq.sum(1)).mean())
    mean_param_grad_sq = float(found.layer_grad_sq.sum(1).mean())
    batch_grad_sq = float(net_stack.gradient().square().sum())
    assert left <= mean_param_grad_sq * (1 + 1e-9)
    assert left > 100 * batch_grad_sq > 0


@given(
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
    rank=st.integers(0, 6),
    exponent=st.sampled_from([-120, -8, 0, 8, 120]),
    seed=st.integers(0, 2**31),
)
def test_largest_singular_value_equals_the_matrix_norm(rows: int, columns: int, rank: int, exponent: int, seed: int):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(2, rows, rank, 3)), rng.normal(size=(2, rank, columns, 3))
    J = torch.tensor(10.0**exponent * np.einsum("iarn,ircn->iacn", *factors))
    exact = torch.linalg.matrix_norm(J.permute(0, 3, 1, 2), ord=2).square()
    torch.testing.assert_close(largest_singular_value_sq(J), exact, rtol=1e-12, atol=0)


def test_largest_singular_value_of_many_samples_and_of_what_is_not_finite():
    J = torch.randn(1, 4, 3, SAMPLES_AT_ONCE + 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    J[0, 1, 1, 5], J[0, 0, 0, 9] = torch.nan, torch.inf
    found = largest_singular_value_sq(J)
    finite = torch.ones_like(found, dtype=torch.bool)
    finite[0, [5, 9]] = False
    exact = torch.linalg.matrix_norm(J.permute(0, 3, 1, 2)[finite], ord=2).square()
    torch.testing.assert_close(found[finite], exact, rtol=1e-12, atol=0)
    assert found[~finite].isnan().all()


@settings(max_examples=50)
@given(cases(activations=("relu",), tasks=("regression",), outputs=1), st.floats(-3, 3), st.data())
def test_t5_rescaling_a_relu_net_keeps_the_function_and_the_bound(case: Case, exponent: float, data: st.DataObject):
    """(cWˡ, cbˡ, Wˡ⁺¹/c) is the same function with other parameter gradients."""
    if len(case.sizes) == 2:
        return
    c, layer = 10.0**exponent, data.draw(st.integers(0, len(case.sizes) - 3))
    matrices = case.matrices()
    for run in matrices:
        run[layer] *= c
        run[layer + 1][:, :-1] /= c
    before, after = stack(case), stack(case, matrices=matrices)

    def function(net_stack: Stack) -> tuple[Tensor, Tensor]:
        return net_stack.passes.preacts[-1], net_stack.passes.input_grad()

    for ours, theirs in zip(function(before), function(after), strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-9, atol=1e-12)
    first, second = bound_of(before, output=True), bound_of(after, output=True)
    assert_bound_holds(second, 1e-9)
    live = first.layer_grad_sq[:, layer] > 0
    ratio = (second.layer_grad_sq[:, layer] / first.layer_grad_sq[:, layer])[live]
    torch.testing.assert_close(ratio, torch.full_like(ratio, c**-2), rtol=1e-8, atol=0)
