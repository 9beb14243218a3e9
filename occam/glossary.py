"""Every recorded quantity, defined once: charts, tooltips, CSV headers and documentation read from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from occam.references import BARRETT_2020, COHEN_2021, DHERIN_2021, DHERIN_2022, SMITH_2021, Reference


@dataclass(frozen=True)
class Metric:
    """One recorded quantity: `name` is its identifier in code, frames and CSV headers."""

    name: str
    symbol: str
    label: str
    unit: str  # normalisation or unit, printed beside every number
    scale: Literal["linear", "log"]
    definition: str
    sources: tuple[Reference, ...] = ()

    @property
    def source(self) -> str:
        """Where the definition comes from: every citation, on one line; empty for what needs none."""
        return "; ".join(reference.cite for reference in self.sources)


_PER_SAMPLE_LOSS = "mean over samples; squared error carries ½"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("step", "t", "Step", "gradient steps", "linear", "Number of gradient steps taken."),
        Metric(
            "train_loss",
            "L",
            "Training loss",
            _PER_SAMPLE_LOSS,
            "log",
            "Mean loss over the training samples: ½‖f − y‖², softplus(f) − y·f for two classes, else cross-entropy.",
        ),
        Metric(
            "test_loss",
            "L_test",
            "Test loss",
            _PER_SAMPLE_LOSS,
            "log",
            "The same mean loss over samples that training never saw.",
        ),
        Metric(
            "train_error",
            "err",
            "Training error",
            "share of samples",
            "linear",
            "Share of training samples put into the wrong class; empty for regression.",
        ),
        Metric(
            "test_error",
            "err_test",
            "Test error",
            "share of samples",
            "linear",
            "Share of test samples put into the wrong class; empty for regression.",
        ),
        Metric(
            "batch_grad_sq",
            "‖∇_θL‖²",
            "Squared norm of the mean gradient",
            "squared norm of the mean over samples",
            "log",
            "Squared Euclidean norm of the gradient of the mean training loss: what a full-batch step penalises.",
            (BARRETT_2020,),
        ),
        Metric(
            "mean_param_grad_sq",
            "mean ‖∇_θℓᵢ‖²",
            "Mean squared per-sample gradient",
            "mean of squared norms over samples",
            "log",
            "Mean over training samples of the squared norm of each sample's parameter gradient: what the layer bound "
            "is about, and what batches of one sample penalise.",
            (DHERIN_2021,),
        ),
        Metric(
            "loss_input_grad_sq",
            "mean ‖∇_xℓᵢ‖²",
            "Mean squared input gradient of the loss",
            "mean of squared norms over samples",
            "log",
            "Mean over training samples of the squared norm of the gradient of the sample's loss in its input.",
            (DHERIN_2021,),
        ),
        Metric(
            "geometric_complexity",
            "GC",
            "Geometric complexity",
            "mean over training samples, no ½",
            "log",
            "Mean over training samples of ‖∇_x f‖²_F, f the outputs before any softmax or sigmoid.",
            (DHERIN_2022,),
        ),
        Metric(
            "dirichlet_energy",
            "E",
            "Dirichlet energy",
            "½ · mean over the domain box",
            "log",
            "Half the mean of ‖∇_x f‖²_F over the dataset's domain box (a grid up to two inputs, Sobol points beyond).",
            (DHERIN_2021,),
        ),
        Metric(
            "sharpness",
            "λ_max",
            "Sharpness",
            "largest eigenvalue of the Hessian of L",
            "log",
            "Largest eigenvalue of the Hessian of the mean training loss, by Lanczos on exact Hessian-vector products.",
            (COHEN_2021,),
        ),
        Metric(
            "stability",
            "γλ_max",
            "Stability number",
            "no unit; below 1 the expansion holds, above 2 a quadratic diverges",
            "linear",
            "Step size times sharpness.",
            (COHEN_2021,),
        ),
        Metric(
            "implicit_penalty",
            "implicit",
            "Implicit penalty",
            "same unit as the loss",
            "log",
            "What the finite step adds to the loss to first order: (γ/4)·‖∇L‖² for the full batch, with the expected "
            "mean of squared batch gradients instead for reshuffled batches, times (1+β)/(1−β)² with momentum.",
            (BARRETT_2020, SMITH_2021),
        ),
        Metric(
            "param_penalty",
            "λ‖∇_θL‖²",
            "Explicit parameter-gradient penalty",
            "same unit as the loss",
            "log",
            "λ times the (expected) squared norm of the batch gradient, as added to the objective.",
            (DHERIN_2021,),
        ),
        Metric(
            "input_penalty",
            "ε mean ‖∇_xℓᵢ‖²",
            "Explicit input-gradient penalty",
            "same unit as the loss",
            "log",
            "ε times the mean squared input gradient of the loss, as added to the objective.",
            (DHERIN_2021,),
        ),
        Metric(
            "bound_ratio_median",
            "median ratio",
            "Summed bound ratio, median",
            "share of the bound, 0 to 1; operator norm",
            "log",
            "Median over training samples of ‖∇_x f‖²·Σ_l T_l / ‖∇_θ f‖², T_l = (1 + ‖h‖²)/(‖W‖²‖J‖²) of layer l.",
            (DHERIN_2021,),
        ),
        Metric(
            "bound_ratio_max",
            "max ratio",
            "Summed bound ratio, largest",
            "share of the bound, 0 to 1; operator norm",
            "log",
            "Largest value over training samples of the summed bound ratio; the theorem says at most 1.",
            (DHERIN_2021,),
        ),
    )
}

LAYER_BOUND_RATIO = Metric(
    "layer_bound_ratio",
    "ratio_l",
    "Layer bound ratio",
    "share of the bound, 0 to 1",
    "log",
    "‖∇_x f‖² / (‖δ‖²‖W‖²‖J‖²) of one layer and one sample; f is the single output, or the sample's loss for more than "
    "two classes.",
    (DHERIN_2021,),
)
