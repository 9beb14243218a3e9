"""Occam: an interactive laboratory for the Geometric Occam's Razor of deep learning.

As a library: `occam.train(spec)` trains one run in this process, `occam.measure(model, x, y, task=...)` measures the
layer bound and the complexity of a `torch.nn.Sequential`.  Both load torch at the first call, so that the page process,
which only draws, never pays for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from occam.library import measure as measure
    from occam.training.run import train as train

_HOMES = {"train": "occam.training.run", "measure": "occam.library"}

__all__ = ["measure", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'occam' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
