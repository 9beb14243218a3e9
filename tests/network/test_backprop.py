import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from occam.theory.bound import jacobians
from tests import oracles
from tests.cases import Case, cases, stack, stacked

PADDED = st.booleans()
PENALTIES = st.one_of(
    st.tuples(st.just(0.0), st.floats(0.01, 1.0)),
    st.tuples(st.floats(0.01, 1.0), st.just(0.0)),
    st.tuples(st.floats(0.01, 1.0), st.floats(0.01, 1.0)),
)


def distance(found: np.ndarray, exact: np.ndarray) -> float:
    """‖found − exact‖/‖exact‖, 0 for 0 against 0."""
    return float(np.linalg.norm(found - exact) / max(np.linalg.norm(exact), 1e-300))


def problems(case: Case, matrices=None, x=None):
    """What the oracle needs of each run: network, inputs, targets."""
    matrices, x = case.matrices() if matrices is None else matrices, case.x() if x is None else x
    for run in range(case.runs):
        net = oracles.build(matrices[run], case.activation)
        yield net, torch.tensor(x[run]), torch.tensor(case.y()[run])


@given(cases(), PADDED)
def test_outputs_and_gradients_equal_autograd(case: Case, padded: bool):
    net_stack = stack(case, padded=padded)
    passes, n = net_stack.passes, case.samples
    input_grad, gradient = passes.input_grad(), net_stack.flat(net_stack.gradient())
    for run, (net, x, y) in enumerate(problems(case)):
        f = net(x).detach()
        torch.testing.assert_close(passes.preacts[-1][run, :, :n].T, f, rtol=1e-11, atol=1e-12)
        each = oracles.losses(case.task, f, y)
        ours = passes.loss.value(passes.preacts[-1], net_stack.y)[run, :n]
        torch.testing.assert_close(ours, each, rtol=1e-11, atol=1e-12)
        assert distance(gradient[run], oracles.gradient(oracles.mean_loss(net, case.task, x, y), net)) < 1e-11
        exact = oracles.loss_input_gradients(net, case.task, x, y)
        assert distance(input_grad[run, :, :n].T.numpy(), exact) < 1e-11
        assert not input_grad[run, :, n:].any()


@given(cases(most_runs=3, most_samples=3), PADDED)
def test_jacobians_equal_autograd(case: Case, padded: bool):
    net_stack = stack(case, padded=padded)
    ours = list(jacobians(net_stack.passes, net_stack.weights))
    for run, (net, x, _) in enumerate(problems(case)):
        for layer, J in enumerate(ours):
            for i in range(case.samples):
                exact = oracles.jacobian(net[: 2 * layer], x[i]) if layer else np.eye(case.sizes[0])
                np.testing.assert_allclose(J[run, i].numpy(), exact, rtol=1e-11, atol=1e-13)


@given(cases(most_runs=2, most_samples=3))
def test_t2_a_samples_layer_gradient_has_rank_one_and_factored_norms(case: Case):
    """‖∇_W ℓ‖ = ‖δ‖‖h‖, ‖∇_b ℓ‖ = ‖δ‖, and δhᵀ is all of ∇_W ℓ."""
    passes = stack(case).passes
    for run, (net, x, y) in enumerate(problems(case)):
        per_sample = oracles.sample_gradients(net, case.task, x, y)
        for i in range(case.samples):
            for layer, matrix in enumerate(oracles.unflatten(per_sample[i], case.sizes)):
                delta, h = passes.deltas[layer][run, :, i].numpy(), passes.inputs[layer][run, :, i].numpy()
                W_grad, b_grad = matrix[:, :-1], matrix[:, -1]
                scale = float(np.linalg.norm(matrix))
                assert np.linalg.norm(W_grad) == pytest.approx(np.linalg.norm(delta) * np.linalg.norm(h), rel=1e-10)
                assert np.linalg.norm(b_grad) == pytest.approx(np.linalg.norm(delta), rel=1e-10)
                np.testing.assert_allclose(W_grad, np.outer(delta, h), rtol=0, atol=1e-10 * scale)
                assert np.all(np.linalg.svd(W_grad)[1][1:] <= 1e-10 * scale)


@settings(max_examples=250)
@given(cases(), PENALTIES, PADDED)
@example(Case((1, 1), "tanh", "regression", 1, 1, 0), (0.5, 0.5), False)
def test_t18_penalty_gradient_equals_double_backward(case: Case, penalties: tuple[float, float], padded: bool):
    """The gradient of λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖² alone, relative to its own norm."""
    net_stack = stack(case, padded=padded)
    ours = net_stack.flat(net_stack.penalty_gradient(*penalties))
    for run, (net, x, y) in enumerate(problems(case)):
        penalty = oracles.penalties(net, case.task, x, y, *penalties)
        assert distance(ours[run], oracles.gradient(penalty, net)) < 1e-10


@settings(max_examples=150)
@given(cases(), PENALTIES)
def test_t18_penalised_gradient_in_float32(case: Case, penalties: tuple[float, float]):
    """∇(L + both penalties) as a step uses it, relative to ‖∇L‖ + ‖∇penalties‖: their sum may cancel."""
    net_stack = stack(case, torch.float32)
    ours = net_stack.flat(net_stack.gradient() + net_stack.penalty_gradient(*penalties))
    rounded = [[m.astype(np.float32).astype(np.float64) for m in run] for run in case.matrices()]
    x32 = case.x().astype(np.float32).astype(np.float64)
    targets = case.y().astype(np.float32).astype(np.float64)
    for run, (net, x, _) in enumerate(problems(case, rounded, x32)):
        y = torch.tensor(targets[run])
        loss = oracles.gradient(oracles.mean_loss(net, case.task, x, y), net)
        penalty = oracles.gradient(oracles.penalties(net, case.task, x, y, *penalties), net)
        scale = np.linalg.norm(loss) + np.linalg.norm(penalty)
        assert np.linalg.norm(ours[run] - loss - penalty) < 1e-5 * scale


@given(cases(deepest=4), PENALTIES)
def test_penalty_gradient_is_added_to_what_is_there(case: Case, penalties: tuple[float, float]):
    net_stack = stack(case)
    alone = net_stack.penalty_gradient(*penalties)
    again = net_stack.penalty_gradient(*penalties)
    assert torch.equal(alone, again)
    both = net_stack.gradient()
    views = net_stack.passes.layout.views
    direction = views(2 * penalties[0] * both) if penalties[0] else None
    input_direction = 2 * penalties[1] * net_stack.passes.input_grad() if penalties[1] else None
    net_stack.passes.add_gradient_tangent(net_stack.y, views(both), direction, input_direction)
    torch.testing.assert_close(both, net_stack.gradient() + alone, rtol=1e-12, atol=1e-14)


@given(cases(deepest=4))
def test_padding_of_parameters_is_neither_read_nor_written(case: Case):
    clean, dirty = stack(case), stack(case)
    parameters = torch.zeros(clean.theta.shape[1], dtype=torch.bool)
    parameters[clean.passes.layout.order] = True
    dirty.theta[:, ~parameters] = torch.nan
    dirty = stacked(case, dirty.theta, dirty.x, dirty.y)
    assert torch.equal(dirty.gradient(), clean.gradient())
    found = dirty.penalty_gradient(0.3, 0.4)
    assert torch.equal(found, clean.penalty_gradient(0.3, 0.4))
    assert not found[:, ~parameters].any()


WIDTHS, SAMPLES = st.integers(1, 70), st.one_of(st.integers(1, 12), st.integers(13, 300))


@settings(max_examples=250)
@given(
    cases(deepest=0, most_runs=8, most_samples=1),
    st.lists(WIDTHS, max_size=3),
    SAMPLES,
    st.sampled_from([torch.float32, torch.float64]),
)
def test_a_stack_equals_lone_networks_bit_for_bit(case: Case, hidden: list[int], samples: int, dtype: torch.dtype):
    sizes = (case.sizes[0], *hidden, case.sizes[-1])
    case = Case(sizes, case.activation, case.task, case.runs, samples, case.seed, case.gain)
    together = stack(case, dtype, padded=True)
    for run in range(case.runs):
        rows = slice(run, run + 1)
        lone = (part[rows, ..., :samples].clone() for part in (together.x, together.y))
        alone = stacked(case, together.theta[rows].clone(), *lone, padded=True)
        for name in ("preacts", "slopes", "deltas", "inputs"):
            for ours, theirs in zip(getattr(together.passes, name), getattr(alone.passes, name), strict=True):
                assert torch.equal(ours[rows], theirs), (name, run)
        losses = (part.passes.loss.value(part.passes.preacts[-1], part.y)[:, :samples] for part in (together, alone))
        assert torch.equal(next(losses).mean(1)[rows], next(losses).mean(1))
        assert torch.equal(together.gradient()[rows], alone.gradient())
        assert torch.equal(together.penalty_gradient(0.3, 0.4)[rows], alone.penalty_gradient(0.3, 0.4))
