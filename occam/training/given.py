"""Measure weights that were trained elsewhere, as a run measures its own at a record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from occam.datasets import Samples
from occam.network.parameters import Layout
from occam.training.measure import Maps, Ruler, bound_quantiles


def measure_given(
    samples: Samples, sizes: tuple[int, ...], activation: str, params: np.ndarray, biased: Sequence[bool]
) -> tuple[dict[str, float], np.ndarray, Maps, Ruler]:
    """Metrics by name, bound ratios (L, 2, 6), maps, and the ruler that measured them, all in float64.

    `params`: layer by layer W row-major then b; where `biased` is False, b is 0 and no parameter.
    """
    layout = Layout(sizes)
    theta = layout.pack(torch.from_numpy(params.astype(np.float64)))[None]
    has_bias = torch.tensor([float(has) for has in biased], dtype=torch.float64)
    ruler = Ruler(samples, layout, activation, torch.float64, has_bias)
    metrics, bound = ruler.metrics(theta)
    maps = ruler.maps(theta)
    metrics["dirichlet_energy"] = ruler.dirichlet_energy(theta, maps)
    return metrics, bound_quantiles(bound), maps, ruler
