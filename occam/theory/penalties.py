"""The penalty on the parameter gradient that a finite step carries, and the one added by hand.

Full-batch gradient descent of step γ follows, up to O(γ³) a step, the flow of L̃ = L + (γ/4)‖∇L‖²
(Barrett & Dherin 2020).  Reshuffled mini-batches of size B follow, averaged over orders, L + (γ/4)·E‖∇L_B‖²
(Smith et al. 2021); sampling with replacement has no term beyond (γ/4)‖∇L‖².
"""

from __future__ import annotations

from occam.spec import Sampling


def implicit_weight(step_size: float, momentum: float = 0.0) -> float:
    """Weight of the implicit penalty: γ/4, and (γ/4)(1 + β)/(1 − β)² under heavy-ball momentum β.

    Momentum makes the effective step γ/(1 − β), and multiplies that step's γ/4 by (1 + β)/(1 − β)
    (Ghosh, Lyu, Zhang, Wang 2023).
    """
    return step_size / 4 * (1 + momentum) / (1 - momentum) ** 2


def expected_batch_grad_sq(
    batch_grad_sq: float, mean_param_grad_sq: float, samples: int, batch_size: int | None, sampling: Sampling
) -> float:
    """E‖∇L_B‖² over random batches of B of n samples.

    With Γ = mean‖∇ℓᵢ − ∇L‖² = mean‖∇ℓᵢ‖² − ‖∇L‖² it is ‖∇L‖² + (n − B)/((n − 1)B)·Γ without replacement and
    ‖∇L‖² + Γ/B with it.  `batch_size` None is the full batch, for which it is ‖∇L‖².
    """
    if batch_size is None:
        return batch_grad_sq
    spread = max(mean_param_grad_sq - batch_grad_sq, 0.0)
    if sampling == "replacement":
        return batch_grad_sq + spread / batch_size
    if samples == 1:
        return batch_grad_sq
    return batch_grad_sq + (samples - batch_size) / ((samples - 1) * batch_size) * spread


def pressure(
    batch_grad_sq: float,
    mean_param_grad_sq: float,
    loss_input_grad_sq: float,
    *,
    samples: int,
    batch_size: int | None,
    sampling: Sampling,
    step_size: float,
    momentum: float,
    param_penalty: float,
    input_penalty: float,
) -> dict[str, float]:
    """The terms that training adds to the loss, each in the loss's unit.

    `implicit_penalty` = implicit weight × what the sampling scheme penalises, `param_penalty` = λ·E‖∇L_B‖²,
    `input_penalty` = ε·mean‖∇_xℓᵢ‖².
    """
    batches = expected_batch_grad_sq(batch_grad_sq, mean_param_grad_sq, samples, batch_size, sampling)
    penalised = batch_grad_sq if sampling == "replacement" else batches
    return {
        "implicit_penalty": implicit_weight(step_size, momentum) * penalised,
        "param_penalty": param_penalty * batches,
        "input_penalty": input_penalty * loss_input_grad_sq,
    }
