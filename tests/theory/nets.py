"""Small networks as fields, next to the same network as an autograd module."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from occam.theory.fields import NetworkField
from tests import oracles
from tests.cases import Case


def field_of(case: Case) -> tuple[NetworkField, np.ndarray]:
    """The case's first network as a field, and its parameters in record order."""
    labels = case.y()[0].reshape(case.samples, -1)[:, 0]
    field = NetworkField(case.sizes, case.activation, case.task, case.x()[0], labels)
    return field, oracles.flatten(oracles.build(case.matrices()[0], case.activation).parameters())


def module_of(case: Case, theta: np.ndarray) -> tuple[nn.Sequential, Tensor, Tensor]:
    """The oracle's network at these parameters, x (n, d) and y (n,)."""
    net = oracles.build(oracles.unflatten(theta, case.sizes), case.activation)
    return net, torch.tensor(case.x()[0]), torch.tensor(case.y()[0].reshape(case.samples, -1)[:, 0])


REGRESSION = Case((2, 6, 6, 1), "tanh", "regression", 1, 8, seed=0)
BINARY = Case((2, 5, 1), "tanh", "binary", 1, 8, seed=1)
MULTICLASS = Case((3, 4, 3), "tanh", "multiclass", 1, 6, seed=2)
SOFTPLUS = Case((2, 4, 4, 1), "softplus", "regression", 1, 5, seed=3)
LINEAR = Case((2, 1), "identity", "regression", 1, 6, seed=4)  # its loss is quadratic in θ
