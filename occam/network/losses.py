"""Losses ℓ(f, y) per sample with the first two derivatives in the output f, features first.

Shapes throughout: outputs f and targets y (R, k, n); losses ℓ (R, n).  The loss of a run is the mean over its samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from occam.datasets import Task


@dataclass(frozen=True)
class Loss:
    """ℓ, ∂ℓ/∂f and the product (∂²ℓ/∂f²)·ḟ; `wrong` marks misclassified samples (None for regression)."""

    value: Callable[[Tensor, Tensor], Tensor]
    first: Callable[[Tensor, Tensor], Tensor]
    second: Callable[[Tensor, Tensor, Tensor], Tensor]
    wrong: Callable[[Tensor, Tensor], Tensor] | None


def _squared(f: Tensor, y: Tensor) -> Tensor:
    return (f - y).square_().sum(1).mul_(0.5)


def _logistic(f: Tensor, y: Tensor) -> Tensor:
    # softplus(f) − y f = −log σ((2y − 1) f) for y = 0, 1, without the cancellation for confident samples
    return torch.nn.functional.logsigmoid((2 * y - 1).mul_(f)).neg_().squeeze(1)


def _logistic_second(f: Tensor, y: Tensor, f_dot: Tensor) -> Tensor:
    p = torch.sigmoid(f)
    return p.addcmul_(p, p, value=-1.0).mul_(f_dot)


def _cross_entropy(f: Tensor, y: Tensor) -> Tensor:
    return torch.logsumexp(f, 1) - (y * f).sum(1)


def _cross_entropy_second(f: Tensor, y: Tensor, f_dot: Tensor) -> Tensor:
    # Hessian of logsumexp: diag(p) − p pᵀ
    p = torch.softmax(f, 1)
    weighted = p * f_dot
    return weighted - p * weighted.sum(1, keepdim=True)


LOSSES: dict[Task, Loss] = {
    "regression": Loss(_squared, lambda f, y: f - y, lambda f, y, f_dot: f_dot.clone(), None),
    "binary": Loss(
        _logistic,
        lambda f, y: torch.sigmoid(f).sub_(y),
        _logistic_second,
        lambda f, y: ((f > 0) != (y > 0.5)).squeeze(1),
    ),
    "multiclass": Loss(
        _cross_entropy,
        lambda f, y: torch.softmax(f, 1).sub_(y),
        _cross_entropy_second,
        lambda f, y: f.argmax(1) != y.argmax(1),
    ),
}


def as_targets(labels: Tensor, task: Task, outputs: int) -> Tensor:
    """Targets y (k, n) as the losses want them, from labels (n,): one-hot columns for more than two classes."""
    if task == "multiclass":
        return torch.nn.functional.one_hot(labels.long(), outputs).T.to(labels.dtype).contiguous()
    return labels.unsqueeze(0)
