"""The naive oracle: every quantity from its definition, by autograd in float64, one sample and one network at a time.

Written for obviousness, not speed; shares no code with `occam.network` or `occam.theory`.  A network is a list of
[W b] matrices (d_out, d_in + 1); samples are rows: x (n, d), y (n,) class indices or (n,) / (n, k) targets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from occam.glossary import METRICS


class Sine(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "sine": Sine,
    "identity": nn.Identity,
}


def activation_module(name: str) -> nn.Module:
    if name == "softplus":
        return nn.Softplus(threshold=600.0)  # by default torch returns z itself above 20
    return ACTIVATIONS[name]()


def build(matrices: Sequence[np.ndarray], activation: str) -> nn.Sequential:
    """Linear, φ, Linear, φ, …, Linear in float64."""
    modules: list[nn.Module] = []
    for matrix in matrices:
        d_out, d_in = matrix.shape[0], matrix.shape[1] - 1
        linear = nn.Linear(d_in, d_out, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(matrix[:, :-1]))
            linear.bias.copy_(torch.tensor(matrix[:, -1]))
        modules += [linear, activation_module(activation)]
    return nn.Sequential(*modules[:-1])


def unflatten(params: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """[W b] matrices from parameters in record order (layer by layer W row by row, then b), as float64."""
    matrices, start = [], 0
    for d_in, d_out in pairwise(sizes):
        W = params[start : start + d_out * d_in].reshape(d_out, d_in)
        b = params[start + d_out * d_in : start + d_out * d_in + d_out].reshape(d_out, 1)
        matrices.append(np.hstack([W, b]).astype(np.float64))
        start += d_out * (d_in + 1)
    assert start == len(params)
    return matrices


def flatten(tensors: Iterable[Tensor]) -> np.ndarray:
    """Tensors in the order of `nn.Module.parameters()`, which is the order of records."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).numpy()


def losses(task: str, f: Tensor, y: Tensor) -> Tensor:
    """(n,): ½‖f − y‖², logistic, cross-entropy."""
    if task == "regression":
        return 0.5 * (f - y.reshape(f.shape)).square().sum(1)
    if task == "binary":  # softplus(f) − y·f without the cancellation for confident samples
        sign = 1 - 2 * y.double()
        return -functional.logsigmoid(-sign * f[:, 0])
    return functional.cross_entropy(f, y.long(), reduction="none")


def mean_loss(net: nn.Sequential, task: str, x: Tensor, y: Tensor) -> Tensor:
    """L = mean ℓᵢ."""
    return losses(task, net(x), y).mean()


def penalties(
    net: nn.Sequential,
    task: str,
    x: Tensor,
    y: Tensor,
    param_penalty: float = 0.0,
    input_penalty: float = 0.0,
    weight_decay: float = 0.0,
) -> Tensor:
    """λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖² + ½·weight_decay·‖W‖², differentiable in the parameters (double backward)."""
    x = x.clone().requires_grad_()
    each = losses(task, net(x), y)
    total = torch.zeros((), dtype=torch.float64)
    if param_penalty:
        grads = torch.autograd.grad(each.mean(), list(net.parameters()), create_graph=True)
        total = total + param_penalty * sum(grad.square().sum() for grad in grads)
    if input_penalty:
        (input_grad,) = torch.autograd.grad(each.sum(), x, create_graph=True)
        total = total + input_penalty * input_grad.square().sum() / len(x)
    for parameter in net.parameters():
        if parameter.dim() == 2:
            total = total + 0.5 * weight_decay * parameter.square().sum()
    return total


def gradient(value: Tensor, net: nn.Sequential) -> np.ndarray:
    """∇_θ value, flat in record order; 0 where value does not depend on a parameter."""
    grads = torch.autograd.grad(value, list(net.parameters()), materialize_grads=True)
    return flatten(grads)


def sample_gradients(net: nn.Sequential, task: str, x: Tensor, y: Tensor) -> np.ndarray:
    """(n, P): ∇_θℓᵢ, sample by sample."""
    return np.stack([gradient(losses(task, net(x[i : i + 1]), y[i : i + 1]).sum(), net) for i in range(len(x))])


def loss_input_gradients(net: nn.Sequential, task: str, x: Tensor, y: Tensor) -> np.ndarray:
    """(n, d): ∇_xℓᵢ, sample by sample."""
    rows = []
    for i in range(len(x)):
        one = x[i : i + 1].clone().requires_grad_()
        rows.append(torch.autograd.grad(losses(task, net(one), y[i : i + 1]).sum(), one)[0][0])
    return torch.stack(rows).numpy()


def jacobian(net: nn.Module, point: Tensor) -> np.ndarray:
    """∂net/∂x at one point (d,): (outputs, d)."""
    found = torch.autograd.functional.jacobian(lambda p: net(p[None])[0], point)
    assert isinstance(found, Tensor)
    return found.numpy()


def output_slopes(net: nn.Sequential, x: Tensor) -> np.ndarray:
    """(n,): ‖∇_x f‖²_F at every point; each output summed over the points, which do not interact."""
    x = x.clone().requires_grad_()
    f = net(x)
    slopes = torch.zeros(len(x), dtype=torch.float64)
    for j in range(f.shape[1]):
        slopes += torch.autograd.grad(f[:, j].sum(), x, retain_graph=True)[0].square().sum(1)
    return slopes.numpy()


def hessian(net: nn.Sequential, task: str, x: Tensor, y: Tensor) -> np.ndarray:
    """∇²L (P, P), row by row."""
    parameters = list(net.parameters())
    grads = torch.autograd.grad(mean_loss(net, task, x, y), parameters, create_graph=True)
    flat = torch.cat([grad.reshape(-1) for grad in grads])
    rows = []
    for entry in flat:
        if entry.requires_grad:
            row = torch.autograd.grad(entry, parameters, retain_graph=True, materialize_grads=True)
            rows.append(flatten(row))
        else:
            rows.append(np.zeros(len(flat)))
    return np.stack(rows)


NORMS = {"operator": lambda M: np.linalg.svd(M)[1][0], "frobenius": lambda M: np.sqrt(np.sum(M**2))}


def bound_table(net: nn.Sequential, scalar: str, x: Tensor, y: Tensor) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Norm name → (layer ratios (L, n), summed ratios (n,)), both sides of the bound computed as they are written.

    A layer with W = 0, J = 0 or δ = 0 says nothing: its ratio and the sample's sum are nan.
    `scalar`: "output" for the single output, else the task whose per-sample loss is differentiated.
    """
    linears = [module for module in net if isinstance(module, nn.Linear)]
    found = {}
    for norm, size in NORMS.items():
        layered, summed = np.full((len(linears), len(x)), np.nan), np.full(len(x), np.nan)
        for i in range(len(x)):
            point = x[i].clone().requires_grad_()
            f = net(point[None])
            value = f.sum() if scalar == "output" else losses(scalar, f, y[i : i + 1]).sum()
            input_grad = torch.autograd.grad(value, point, retain_graph=True)[0].numpy()
            left, right = [], []
            for layer, linear in enumerate(linears):
                weight_grad, bias_grad = torch.autograd.grad(value, [linear.weight, linear.bias], retain_graph=True)
                below = net[: 2 * layer]
                h = below(x[i][None])[0].detach().numpy()
                J = jacobian(below, x[i]) if layer else np.eye(x.shape[1])
                W = linear.weight.detach().numpy()
                right.append(float(weight_grad.square().sum() + bias_grad.square().sum()))
                norms = size(W) ** 2 * size(J) ** 2
                speaks = norms > 0 and right[-1] > 0
                left.append(np.sum(input_grad**2) * (1 + np.sum(h**2)) / norms if speaks else np.nan)
                layered[layer, i] = left[-1] / right[-1] if speaks else np.nan
            summed[i] = sum(left) / sum(right) if not np.isnan(sum(left)) else np.nan
        found[norm] = (layered, summed)
    return found


def quantiles(table: dict[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """(L, 2, 6): min, q25, median, q75, max of the ratios that exist, and the count of those that do not."""
    stacked = []
    for norm in ("operator", "frobenius"):
        rows = []
        for ratios in table[norm][0]:
            valid = ratios[~np.isnan(ratios)]
            five = [np.percentile(valid, p) for p in (0, 25, 50, 75, 100)] if len(valid) else [np.nan] * 5
            rows.append([*five, len(ratios) - len(valid)])
        stacked.append(rows)
    return np.array(stacked).transpose(1, 0, 2)


def domain_points(low: np.ndarray, high: np.ndarray) -> Tensor:
    """256 or 64 × 64 cell centres of the box, or 1024 scrambled Sobol points (seed 0) beyond two dimensions."""
    d = len(low)
    if d > 2:
        unit = torch.quasirandom.SobolEngine(d, scramble=True, seed=0).draw(1024, dtype=torch.float64).numpy()
    else:
        cells = 256 if d == 1 else 64
        unit = (np.array(list(np.ndindex(*[cells] * d))) + 0.5) / cells
    return torch.tensor(low + unit * (high - low))


def replay(
    params: np.ndarray,
    sizes: Sequence[int],
    activation: str,
    task: str,
    x: np.ndarray,
    y: np.ndarray,
    training,
    steps: int,
    batches: Sequence[Sequence[int]] | None = None,
) -> np.ndarray:
    """Parameters after `steps` steps of v ← βv + ∇objective, θ ← θ − γv; `batches`: the indices of each step."""
    theta = params.astype(np.float64)
    velocity = np.zeros_like(theta)
    for step in range(steps):
        net = build(unflatten(theta, sizes), activation)
        rows = list(range(len(x))) if batches is None else list(batches[step])
        batch = torch.tensor(x[rows], dtype=torch.float64), torch.tensor(y[rows], dtype=torch.float64)
        weights = training.param_penalty, training.input_penalty, training.weight_decay
        objective = mean_loss(net, task, *batch) + penalties(net, task, *batch, *weights)
        velocity = training.momentum * velocity + gradient(objective, net)
        theta = theta - training.step_size * velocity
    return theta


def metrics(params: np.ndarray, spec, samples, step: int = 0) -> tuple[dict[str, float], np.ndarray]:
    """Every metric of the glossary and the bound's quantiles for these parameters (record order)."""
    outputs = len(samples.classes) if samples.task == "multiclass" else 1
    sizes = (samples.x_train.shape[1], *[spec.model.width] * spec.model.depth, outputs)
    net = build(unflatten(params, sizes), spec.model.activation)
    x, y = torch.tensor(samples.x_train), torch.tensor(samples.y_train, dtype=torch.float64)
    found: dict[str, float] = {"step": step}
    for part, inputs, labels in (("train", x, y), ("test", torch.tensor(samples.x_test), torch.tensor(samples.y_test))):
        f = net(inputs).detach()
        found[f"{part}_loss"] = float(losses(samples.task, f, labels).mean())
        guess = (f[:, 0] > 0).long() if samples.task == "binary" else f.argmax(1)
        found[f"{part}_error"] = math.nan if samples.task == "regression" else float((guess != labels).double().mean())
    per_sample = sample_gradients(net, samples.task, x, y)
    batch_grad_sq = float(np.sum(per_sample.mean(0) ** 2))
    mean_param_grad_sq = float(np.mean(np.sum(per_sample**2, 1)))
    loss_input_grad_sq = float(np.mean(np.sum(loss_input_gradients(net, samples.task, x, y) ** 2, 1)))
    sharpness = float(np.linalg.eigvalsh(hessian(net, samples.task, x, y))[-1])
    table = bound_table(net, "output" if outputs == 1 else samples.task, x, y)
    summed = table["operator"][1]
    summed = summed[~np.isnan(summed)]
    training, n = spec.training, len(x)
    batch = min(training.batch_size or n, n)
    spread = mean_param_grad_sq - batch_grad_sq
    subset = batch_grad_sq + (spread * (n - batch) / ((n - 1) * batch) if n > 1 else 0.0)
    drawn = training.batch_size is not None and training.sampling == "replacement"
    squared_batches = batch_grad_sq + spread / batch if drawn else subset
    momentum_factor = (1 + training.momentum) / (1 - training.momentum) ** 2
    found |= {
        "batch_grad_sq": batch_grad_sq,
        "mean_param_grad_sq": mean_param_grad_sq,
        "loss_input_grad_sq": loss_input_grad_sq,
        "geometric_complexity": float(np.mean([np.sum(jacobian(net, point) ** 2) for point in x])),
        "dirichlet_energy": 0.5 * float(output_slopes(net, domain_points(samples.low, samples.high)).mean()),
        "sharpness": sharpness,
        "stability": training.step_size * sharpness,
        "implicit_penalty": training.step_size / 4 * momentum_factor * (batch_grad_sq if drawn else subset),
        "param_penalty": training.param_penalty * squared_batches,
        "input_penalty": training.input_penalty * loss_input_grad_sq,
        "bound_ratio_median": float(np.median(summed)) if len(summed) else math.nan,
        "bound_ratio_max": float(summed.max()) if len(summed) else math.nan,
    }
    assert found.keys() == METRICS.keys()
    return found, quantiles(table)
