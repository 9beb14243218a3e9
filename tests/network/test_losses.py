import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from occam.network.losses import LOSSES, as_targets
from tests import oracles


def outputs_and_labels(task: str, k: int, samples: int, seed: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """f (k, n) and labels (n,) as a dataset gives them."""
    generator = torch.Generator().manual_seed(seed)
    f = scale * torch.randn(k, samples, dtype=torch.float64, generator=generator)
    if task == "regression":
        return f, torch.randn(samples, dtype=torch.float64, generator=generator)
    return f, torch.randint(2 if task == "binary" else k, (samples,), generator=generator).double()


@st.composite
def problems(draw: st.DrawFn):
    task = draw(st.sampled_from(sorted(LOSSES)))
    k = draw(st.integers(3, 6)) if task == "multiclass" else 1
    scale = draw(st.sampled_from([0.01, 1.0, 10.0]))
    f, labels = outputs_and_labels(task, k, draw(st.integers(1, 7)), draw(st.integers(0, 2**31)), scale)
    return task, f, labels


def torch_losses(task: str, f: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The same losses by torch.nn.functional, f (k, n)."""
    if task == "regression":
        return 0.5 * functional.mse_loss(f[0], labels, reduction="none")
    if task == "binary":
        return functional.binary_cross_entropy_with_logits(f[0], labels, reduction="none")
    return functional.cross_entropy(f.T, labels.long(), reduction="none")


@given(problems())
def test_values_equal_torch_nn_functional(problem):
    task, f, labels = problem
    ours = LOSSES[task].value(f[None], as_targets(labels, task, len(f))[None])
    torch.testing.assert_close(ours[0], torch_losses(task, f, labels), rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(ours[0], oracles.losses(task, f.T, labels), rtol=1e-10, atol=1e-13)


@given(problems(), st.integers(0, 2**31))
def test_first_and_second_derivatives_equal_autograd(problem, seed):
    task, f, labels = problem
    y = as_targets(labels, task, len(f))[None]
    f_dot = torch.randn(f.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    leaf = f.clone().requires_grad_()
    (first,) = torch.autograd.grad(torch_losses(task, leaf, labels).sum(), leaf, create_graph=True)
    (second,) = torch.autograd.grad((first * f_dot).sum(), leaf)
    torch.testing.assert_close(LOSSES[task].first(f[None], y)[0], first.detach(), rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(LOSSES[task].second(f[None], y, f_dot[None])[0], second, rtol=1e-9, atol=1e-14)


@given(problems())
def test_wrong_marks_what_the_largest_output_misses(problem):
    task, f, labels = problem
    wrong = LOSSES[task].wrong
    if task == "regression":
        assert wrong is None
        return
    assert wrong is not None
    guess = f.argmax(0) if task == "multiclass" else (f[0] > 0)
    assert torch.equal(wrong(f[None], as_targets(labels, task, len(f))[None])[0], guess != labels)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_logistic_loss_of_a_confident_sample_keeps_its_digits(sign: float, dtype: torch.dtype):
    for margin in (5.0, 15.0, 19.9, 20.1, 40.0):
        f = torch.full((1, 1, 1), sign * margin, dtype=dtype)
        y = torch.full_like(f, float(sign > 0))
        exact = torch.log1p(torch.exp(torch.tensor(-margin, dtype=torch.float64)))
        assert float(LOSSES["binary"].value(f, y)) == pytest.approx(float(exact), rel=1e-6)
        assert float(LOSSES["binary"].value(f, 1 - y)) == pytest.approx(margin + float(exact), rel=1e-6)


def test_targets_of_several_classes_are_one_hot_columns():
    y = as_targets(torch.tensor([2.0, 0.0]), "multiclass", 3)
    assert y.tolist() == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
