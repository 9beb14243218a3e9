"""The layer bound's proof in numbers: every norm that it names, for each layer and sample of one network.

For a scalar f of the output, layer l (Jˡ = ∂hˡ/∂x, δˡ = ∂f/∂zˡ):

    ‖∇_{Wˡ}f‖ = ‖δˡhˡᵀ‖ = ‖δˡ‖‖hˡ‖,   ‖∇_{bˡ}f‖ = ‖δˡ‖
    ‖∇_x f‖ = ‖(δˡᵀWˡ)Jˡ‖  ≤  ‖δˡᵀWˡ‖‖Jˡ‖  ≤  ‖δˡ‖‖Wˡ‖‖Jˡ‖
    ‖∇_x f‖²·T_l ≤ ‖∇_{Wˡ}f‖² + ‖∇_{bˡ}f‖²,   T_l = (1 + ‖hˡ‖²)/(‖Wˡ‖²‖Jˡ‖²)

NumPy only, so that a page can read it; `occam.theory.factors` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Norm = Literal["operator", "frobenius"]
Reason = Literal["weight", "jacobian", "delta", "range"]

REASONS: tuple[Reason, ...] = ("weight", "jacobian", "delta", "range")
SMALLEST = float(np.finfo(np.float64).tiny / np.finfo(np.float64).eps)  # below it squares have lost digits
OVER = 1 + 1e-9  # a ratio above it is a violation, below it may be rounding


@dataclass(frozen=True)
class Proof:
    """Norms of one network at n samples in d dimensions, layers l = 1..L, in float64; none is squared but the last two.

    `of`: the output that f is, None for the loss; `value` (n,): f; `input_grad` (n, d): ∇_x f by backpropagation;
    (L, n): `delta` ‖δ‖, `feature` ‖h‖, `weight_grad` ‖∇_W f‖ and `bias_grad` ‖∇_b f‖ of the gradients themselves,
    `back` ‖δᵀW‖, `chained` ‖(δᵀW)J‖ with J carried forward, `carried` ‖Wh‖ = ‖z − b‖, `forward` ‖WJ‖ (operator norm,
    nan in layers where `smallest_sq` is 0), `jacobian_operator`, `jacobian_frobenius`;
    (L,): `weight_operator`, `weight_frobenius`, `batch_grad_sq` ‖mean of ∇_{θˡ}fᵢ‖², `smallest_sq` σ_n([H 1])².
    """

    of: int | None
    value: Array
    input_grad: Array
    delta: Array
    feature: Array
    weight_grad: Array
    bias_grad: Array
    back: Array
    chained: Array
    carried: Array
    forward: Array
    jacobian_operator: Array
    jacobian_frobenius: Array
    weight_operator: Array
    weight_frobenius: Array
    batch_grad_sq: Array
    smallest_sq: Array

    @property
    def layers(self) -> int:
        """L."""
        return len(self.delta)

    @property
    def samples(self) -> int:
        """The number of samples n."""
        return self.delta.shape[1]

    @property
    def input_grad_sq(self) -> Array:
        """‖∇_x f‖² (n,)."""
        return np.square(self.input_grad).sum(1)

    @property
    def right(self) -> Array:
        """‖∇_W f‖² + ‖∇_b f‖² (L, n)."""
        return self.weight_grad**2 + self.bias_grad**2

    def weight(self, norm: Norm) -> Array:
        """‖W‖ (L, 1)."""
        return (self.weight_operator if norm == "operator" else self.weight_frobenius)[:, None]

    def jacobian(self, norm: Norm) -> Array:
        """‖J‖ (L, n)."""
        return self.jacobian_operator if norm == "operator" else self.jacobian_frobenius

    def transfer(self, norm: Norm) -> Array:
        """T_l (L, n), nan where W or J is 0."""
        return _share(1 + self.feature**2, self.weight(norm) ** 2, self.jacobian(norm) ** 2)

    def ratios(self, norm: Norm, input_grad_sq: Array | None = None) -> Array:
        """‖∇_x f‖²/(‖δ‖²‖W‖²‖J‖²) (L, n), at most 1 by the theorem; nan where degenerate.

        `input_grad_sq` (n,) stands in for ‖∇_x f‖², for claims that are not the theorem's.
        """
        top = self.input_grad_sq if input_grad_sq is None else input_grad_sq
        return _share(top[None], self.delta**2, self.weight(norm) ** 2, self.jacobian(norm) ** 2)

    def summed(self, norm: Norm) -> Array:
        """‖∇_x f‖²·Σ T_l / ‖∇_θ f‖² (n,), nan where a layer is degenerate."""
        return _share((self.ratios(norm) * self.right).sum(0), self.right.sum(0))

    def slack(self, norm: Norm) -> dict[str, Array]:
        """Factors in [0, 1], each (L, n), whose product is `ratios(norm)`.

        "delta_weight": (‖δᵀW‖/‖δ‖‖W‖)², how far δ is from W's strongest direction; "row_jacobian": (‖δᵀWJ‖/‖δᵀW‖‖J‖)²,
        the same for δᵀW and J; both in the operator norm; "weight_norm", "jacobian_norm": (operator/Frobenius)².
        """
        found = {
            "delta_weight": _share(self.back**2, self.delta**2, self.weight_operator[:, None] ** 2),
            "row_jacobian": _share(self.input_grad_sq[None], self.back**2, self.jacobian_operator**2),
        }
        if norm == "frobenius":
            ones = np.ones_like(self.delta)
            found["weight_norm"] = ones * _share(self.weight_operator**2, self.weight_frobenius**2)[:, None]
            found["jacobian_norm"] = _share(self.jacobian_operator**2, self.jacobian_frobenius**2)
        return found

    def degenerate(self, norm: Norm) -> dict[Reason, NDArray[np.bool_]]:
        """Which samples (L, n) a layer says nothing about, and why: W = 0, J = 0, δ = 0, or squares out of range."""
        silent = np.isnan(self.ratios(norm))
        weight = silent & (self.weight(norm) == 0)
        jacobian = silent & ~weight & (self.jacobian(norm) == 0)
        delta = silent & ~weight & ~jacobian & (self.delta == 0)
        return {"weight": weight, "jacobian": jacobian, "delta": delta, "range": silent & ~weight & ~jacobian & ~delta}

    def against_batch(self, norm: Norm) -> Array:
        """‖∇_x fᵢ‖²·T_l / ‖mean of ∇_{θˡ}fᵢ‖² (L, n): NOT bounded, since gradients of samples cancel in the mean."""
        left = self.ratios(norm) * self.right
        return _share(left, self.batch_grad_sq[:, None], beyond=True)

    def with_skip(self, direction: Array, norm: Norm) -> Array:
        """The ratios (L, n) of f + vᵀx for v (d,): NOT bounded, since x passes the layers by and δ does not see it."""
        return self.ratios(norm, np.square(self.input_grad + direction).sum(1))

    def shortcut(self, norm: Norm) -> Array:
        """The ratios (L, n) with ‖(z − b)h⁺‖ = ‖Wh‖/‖h‖ for ‖W‖, h⁺ = hᵀ/‖h‖²: NOT bounded, as that is not W."""
        fake = _share(self.carried**2, self.feature**2)
        return _share(self.input_grad_sq[None], self.delta**2, np.nan_to_num(fake), self.jacobian(norm) ** 2)

    def transferred(self, norm: Norm) -> Array:
        """‖∇_θ f‖²/Σ T_l (n,): the most that the summed bound leaves for ‖∇_x f‖²; nan where no layer speaks."""
        return _share(self.right.sum(0), np.nansum(self.transfer(norm), 0))


def _share(left: Array, *factors: Array, beyond: bool = False) -> Array:
    """left/∏ factors, nan where a product is not finite, 0 or too small; `beyond`: ∞ where only the left is not 0."""
    right = np.ones_like(left)
    exact = np.ones_like(left, dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for factor in factors:
            right = right * factor
            exact = exact & (factor > SMALLEST) & (right > SMALLEST) & (right < np.inf)
    share = np.divide(left, right, out=np.full(right.shape, np.nan), where=exact)
    return np.where(~exact & (left > SMALLEST), np.inf, share) if beyond else share


@dataclass(frozen=True)
class Line:
    """One line of the proof with one sample's numbers: `left` = `right` or `left` ≤ `right`."""

    name: str
    left: float
    right: float
    equal: bool

    @property
    def share(self) -> float:
        """left/right: how much of the right side is used; nan where both are 0."""
        return self.left / self.right if self.right > 0 else np.nan

    @property
    def holds(self) -> bool:
        """Whether the line is true within rounding."""
        slack = 1e-7 * max(abs(self.left), abs(self.right)) + 1e-300
        return abs(self.left - self.right) <= slack if self.equal else self.left <= self.right + slack


def proof_lines(proof: Proof, layer: int, sample: int, norm: Norm) -> tuple[Line, ...]:
    """The valid proof for one layer (0-based) and sample, line by line; each later line rests on those before."""
    at = layer, sample
    delta, feature, back = float(proof.delta[at]), float(proof.feature[at]), float(proof.back[at])
    W, J = float(proof.weight(norm)[layer, 0]), float(proof.jacobian(norm)[at])
    slope = float(np.sqrt(proof.input_grad_sq[sample]))
    transfer, right = float(proof.transfer(norm)[at]), float(proof.right[at])
    return (
        Line("weight_grad", float(proof.weight_grad[at]), delta * feature, True),
        Line("bias_grad", float(proof.bias_grad[at]), delta, True),
        Line("chain", slope, float(proof.chained[at]), True),
        Line("row_jacobian", float(proof.chained[at]), back * J, False),
        Line("delta_weight", back, delta * W, False),
        Line("product", slope, delta * W * J, False),
        Line("gradient", delta**2 * (1 + feature**2), right, True),
        Line("bound", slope**2 * transfer, right, False),
    )


@dataclass(frozen=True)
class BatchForm:
    """‖∇_{θˡ}L‖² ≥ σ_n([H 1])²/n² · Σᵢ‖∇_xℓᵢ‖²/‖WJᵢ‖², per layer (L,): `left` ≤ `right`; `vacuous` where σ_n = 0."""

    left: Array
    right: Array
    vacuous: NDArray[np.bool_]


def batch_form(proof: Proof) -> BatchForm:
    """The rigorous bound on the batch gradient, of a proof whose f is the loss.

    ∇_{θˡ}L = (1/n) Δ[H 1] with δᵢ as columns of Δ, so that its norm is at least σ_n([H 1])‖Δ‖/n; and
    ‖∇_xℓᵢ‖ ≤ ‖δᵢ‖‖WJᵢ‖.  σ_n = 0 as soon as n exceeds the width plus one, or two samples look alike to the layer.
    """
    vacuous = proof.smallest_sq == 0
    each = np.nan_to_num(_share(np.broadcast_to(proof.input_grad_sq, proof.delta.shape), proof.forward**2))
    left = proof.smallest_sq / proof.samples**2 * each.sum(1)
    return BatchForm(np.where(vacuous, 0.0, left), proof.batch_grad_sq, vacuous)


def geometric_mean(values: Array, axis: int = -1) -> Array:
    """exp of the mean logarithm of the values above 0 along `axis`, nan where there is none."""
    positive = values > 0
    logs = np.log(values, out=np.zeros_like(values), where=positive)
    count = positive.sum(axis)
    return np.where(count > 0, np.exp(logs.sum(axis) / np.maximum(count, 1)), np.nan)
