"""Occam's measurements for networks that were trained elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from occam.datasets import Samples, Task
from occam.glossary import METRICS
from occam.training.frames import NORMS, QUANTILES
from occam.training.given import measure_given

_MODULES: dict[type[nn.Module], str] = {
    nn.Tanh: "tanh",
    nn.ReLU: "relu",
    nn.Softplus: "softplus",
    nn.GELU: "gelu",
    nn.Identity: "identity",
}


@dataclass(frozen=True)
class Measurement:
    """`metrics`: a row a quantity with its value, symbol, unit and definition; `bounds`: a row a layer and norm."""

    metrics: pd.DataFrame
    bounds: pd.DataFrame


def measure(model: nn.Sequential, x: Tensor | np.ndarray, y: Tensor | np.ndarray, *, task: Task) -> Measurement:
    """Layer bound, geometric complexity, Dirichlet energy, sharpness and gradient norms of a network on samples.

    `model`: `Linear` layers with one kind of activation between them (Tanh, ReLU, Softplus, GELU, Identity or none),
    the last layer linear; `x` (n, d); `y` (n,): targets of a "regression", classes 0 and 1 of a "binary" task with one
    output (the logit), class indices of a "multiclass" task.  The domain box of the Dirichlet energy is the range of
    `x`.  Everything is computed in float64 on a copy of the weights; the model is left as it is.

    Raises `ValueError` naming what is not allowed.  `Metric.definition` has each formula.
    """
    linears, activation = _read(model)
    inputs, targets = _samples(x, y, linears, task)
    classes = tuple(map(str, range(linears[-1].out_features))) if task == "multiclass" else ()
    samples = Samples(
        x_train=inputs,
        y_train=targets,
        x_test=inputs,
        y_test=targets,
        task=task,
        classes=("0", "1") if task == "binary" else classes,
        features=tuple(f"x{i + 1}" for i in range(inputs.shape[1])),
        low=inputs.min(axis=0),
        high=inputs.max(axis=0),
    )
    sizes = (inputs.shape[1], *(linear.out_features for linear in linears))
    parts = [
        (linear.weight, linear.weight.new_zeros(linear.out_features) if linear.bias is None else linear.bias)
        for linear in linears
    ]
    params = np.concatenate([part.detach().cpu().double().numpy().ravel() for pair in parts for part in pair])
    biased = [linear.bias is not None for linear in linears]
    metrics, bounds, _, _ = measure_given(samples, sizes, activation, params, biased)
    return Measurement(_metric_table(metrics), _bound_table(bounds))


def _read(model: nn.Sequential) -> tuple[list[nn.Linear], str]:
    """The linear layers of a model and the name of its activation."""
    if not isinstance(model, nn.Sequential):
        raise ValueError(f"model: {type(model).__name__}; allowed: torch.nn.Sequential of Linear and activation")
    linears: list[nn.Linear] = []
    between: list[str] = []
    for position, module in enumerate(model):
        if isinstance(module, nn.Linear):
            linears.append(module)
            between.append("identity")
        elif not linears or module is model[-1] or (name := _activation_name(module)) is None:
            allowed = ", ".join(kind.__name__ for kind in _MODULES)
            raise ValueError(f"model[{position}]: {module}; allowed: Linear, then {allowed} between Linear layers")
        elif between[-1] != "identity":
            raise ValueError(f"model[{position}]: {module} after another activation; allowed: one activation a layer")
        else:
            between[-1] = name
    if not linears:
        raise ValueError("model: no Linear layer; allowed: at least one")
    kinds = set(between[:-1]) or {"identity"}
    if len(kinds) > 1:
        raise ValueError(f"model: {', '.join(sorted(kinds))} mixed; allowed: the same activation between all layers")
    return linears, kinds.pop()


def _activation_name(module: nn.Module) -> str | None:
    plain = {nn.Softplus: {"beta": 1.0}, nn.GELU: {"approximate": "none"}}
    if any(getattr(module, option) != value for option, value in plain.get(type(module), {}).items()):
        return None
    return _MODULES.get(type(module))


def _samples(
    x: Tensor | np.ndarray, y: Tensor | np.ndarray, linears: Sequence[nn.Linear], task: Task
) -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = (np.asarray(torch.as_tensor(values).detach().cpu().double()) for values in (x, y))
    d, k = linears[0].in_features, linears[-1].out_features
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if inputs.ndim != 2 or inputs.shape[1] != d or not len(inputs):
        raise ValueError(f"x: shape {inputs.shape}; allowed: (n, {d}) with n at least 1")
    if targets.shape != inputs.shape[:1]:
        raise ValueError(f"y: shape {targets.shape}; allowed: ({len(inputs)},)")
    if not (np.isfinite(inputs).all() and np.isfinite(targets).all()):
        raise ValueError("x, y: not finite; allowed: finite numbers")
    outputs = {"regression": k == 1, "binary": k == 1, "multiclass": k >= 2}
    if task not in outputs:
        raise ValueError(f"task: {task!r}; allowed: {', '.join(outputs)}")
    if not outputs[task]:
        allowed = "at least 2" if task == "multiclass" else "1"
        raise ValueError(f"model: {k} outputs for task '{task}'; allowed: {allowed}")
    labels = {"binary": 2, "multiclass": k}.get(task)
    if labels and not np.isin(targets, np.arange(labels)).all():
        raise ValueError(f"y: labels beyond 0 to {labels - 1}; allowed: whole numbers from 0 to {labels - 1}")
    return inputs, targets


def _metric_table(metrics: dict[str, float]) -> pd.DataFrame:
    rows = [
        (name, metrics[name], metric.symbol, metric.unit, metric.definition)
        for name, metric in METRICS.items()
        if name in metrics and not name.startswith("test")
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "symbol", "unit", "definition"]).set_index("metric")


def _bound_table(quantiles: np.ndarray) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([range(1, len(quantiles) + 1), NORMS], names=["layer", "norm"])
    table = pd.DataFrame(quantiles.reshape(-1, len(QUANTILES)), index=index, columns=list(QUANTILES))
    return table.astype({"degenerate": int})
