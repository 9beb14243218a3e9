"""Measures the norms of the layer bound's proof (`occam.theory.proof`) at given parameters, in float64."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from occam.theory.bound import jacobians, largest_singular_value_sq
from occam.theory.probe import Probe
from occam.theory.proof import Proof

ENTRIES_AT_ONCE = 2**20  # of the per-sample matrices ∇_W f that are held together


def measure_proof(probe: Probe, x: Tensor, y: Tensor, of: int | None = None) -> Proof:
    """Every norm of the proof at samples x (d, n), y (k, n); f is output `of`, or the sample's loss where that is None.

    Raises `ValueError` for an output that the network does not have.
    """
    passes = probe.forward(x)
    f = passes.preacts[-1]
    if of is not None and not 0 <= of < f.shape[1]:
        raise ValueError(f"of: {of}; allowed: an output from 0 to {f.shape[1] - 1}, or none for the loss")
    if of is None:
        value, start = probe.loss.value(f, y[None])[0], probe.loss.first(f, y[None])
    else:
        value, start = f[0, of].clone(), torch.zeros_like(f)
        start[:, of] = 1.0
    passes.backward(start)
    rows: dict[str, list[Tensor]] = {}

    def note(**found: Tensor) -> None:
        for name, row in found.items():
            rows.setdefault(name, []).append(row)

    weights = probe.weights
    for layer, J in enumerate(jacobians(passes, weights)):
        W, h, delta = weights[layer][0], passes.inputs[layer][0], passes.deltas[layer][0]
        n = h.shape[1]
        J = J[0]
        back = W.T @ delta
        seen = torch.cat([h, h.new_ones(1, n)])
        # σ_n of n columns is 0 when they are more than the rows; so is one that rounding alone keeps from it.
        values = torch.linalg.svdvals(seen) if n <= len(seen) and bool(seen.isfinite().all()) else seen.new_zeros(n)
        smallest = values[-1] if values[-1] > values[0] * 1e-13 else values.new_zeros(())
        forward = largest_singular_value_sq((W @ J).permute(1, 2, 0)[None])[0].sqrt() if smallest > 0 else None
        note(
            delta=delta.norm(dim=0),
            feature=h.norm(dim=0),
            weight_grad=_outer_norms(delta, h),
            bias_grad=delta.square().sum(0).sqrt(),
            back=back.norm(dim=0),
            chained=torch.einsum("in,nid->nd", back, J).norm(dim=1),
            carried=(W @ h).norm(dim=0),
            forward=forward if forward is not None else torch.full_like(delta[0], torch.nan),
            jacobian_operator=largest_singular_value_sq(J.permute(1, 2, 0)[None])[0].sqrt(),
            jacobian_frobenius=J.square().sum((1, 2)).sqrt(),
            weight_operator=largest_singular_value_sq(W[None, :, :, None])[0, 0].sqrt(),
            weight_frobenius=W.norm(),
            batch_grad_sq=(delta @ seen.T / n).square().sum(),
            smallest_sq=smallest.square(),
        )
    stacked = {name: torch.stack(found).numpy() for name, found in rows.items()}
    return Proof(of=of, value=_array(value), input_grad=_array(passes.input_grad()[0].T), **stacked)


def _array(values: Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.numpy())


def _outer_norms(delta: Tensor, h: Tensor) -> Tensor:
    """‖δhᵀ‖_F (n,), of the matrices themselves, so that ‖δ‖‖h‖ has something to be compared with."""
    each = max(1, ENTRIES_AT_ONCE // (len(delta) * len(h)))
    tiles = zip(delta.split(each, 1), h.split(each, 1), strict=True)
    return torch.cat([torch.einsum("on,in->noi", *tile).flatten(1).norm(dim=1) for tile in tiles])
