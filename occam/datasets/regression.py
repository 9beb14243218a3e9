"""Regression problems: curves over one input, surfaces over two; each a clean target on a box of inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from occam.datasets.moved import read_moves
from occam.datasets.own_csv import Table
from occam.datasets.registry import SHAPE, TEST, TRAIN, Dataset, Floats, Request, Samples, stream

ENTRIES: list[Dataset] = []
KNOTS = 7  # of the random polyline: six pieces, wide enough to be told apart with some dozens of samples

# inputs (n, d) and the stream that draws the problem itself -> clean targets (n,)
Target = Callable[[Floats, np.random.Generator], Floats]


def regression(name: str, label: str, description: str, inputs: int, reach: float) -> Callable[[Target], Target]:
    """Register a regression dataset: x uniform in the box [−reach, reach]ᵈ, y = target(x) + noise · N(0, 1).

    The box is the domain box.  Training and test targets carry the same noise, so that their losses compare.
    Training samples that a spec has `moved` are where it says instead; test samples stay those of the true target.
    """
    low, high = (-reach,) * inputs, (reach,) * inputs
    features = ("x",) if inputs == 1 else tuple(f"x{'₁₂₃₄₅₆₇₈₉'[i]}" for i in range(inputs))

    def enter(target: Target) -> Target:
        def part(n: int, spec: Request, purpose: int) -> tuple[Floats, Floats]:
            rng = stream(spec.seed, purpose)
            x = rng.uniform(low, high, (n, inputs))
            return x, target(x, stream(spec.seed, SHAPE)) + spec.noise * rng.normal(size=n)

        def draw(spec: Request, table: Table | None = None) -> Samples:
            x_train, y_train = part(spec.n_train, spec, TRAIN)
            for i, (x, y) in read_moves(spec.moved).items():
                x_train[i], y_train[i] = x, y
            x_test, y_test = part(spec.n_test, spec, TEST)
            box = np.array(low), np.array(high)
            return Samples(x_train, y_train, x_test, y_test, "regression", (), features, *box)

        ENTRIES.append(Dataset(name, label, description, "regression", inputs, (), True, draw, low, high))
        return target

    return enter


@regression("sine", "Sine", "Two periods of a sine curve.", 1, 2.0)
def sine(x: Floats, shape: np.random.Generator) -> Floats:
    """Y = sin(πx)."""
    return np.sin(np.pi * x[:, 0])


@regression("chebyshev", "Chebyshev", "The Chebyshev polynomial of degree four.", 1, 1.0)
def chebyshev(x: Floats, shape: np.random.Generator) -> Floats:
    """T₄(x) = 8x⁴ − 8x² + 1: the kind of target of Cohen et al. 2021 (arXiv 2103.00065), where sharpness meets 2/γ."""
    return 8 * x[:, 0] ** 4 - 8 * x[:, 0] ** 2 + 1


@regression("step", "Step", "A jump from −1 to 1: no continuous function fits it everywhere.", 1, 1.0)
def step(x: Floats, shape: np.random.Generator) -> Floats:
    """Y = 1 for x ≥ 0, −1 otherwise."""
    return np.where(x[:, 0] >= 0, 1.0, -1.0)


@regression("polyline", "Polyline", "Six straight pieces of random height, drawn from the data seed.", 1, 1.0)
def polyline(x: Floats, shape: np.random.Generator) -> Floats:
    """Linear interpolation between `KNOTS` evenly spaced knots with heights uniform in (−1, 1)."""
    return np.interp(x[:, 0], np.linspace(-1.0, 1.0, KNOTS), shape.uniform(-1.0, 1.0, KNOTS))


@regression("plane", "Plane", "A tilted plane: even a linear model fits it.", 2, 2.0)
def plane(x: Floats, shape: np.random.Generator) -> Floats:
    """Y = (x₁ + x₂)/4, from −1 to 1 over the box."""
    return (x[:, 0] + x[:, 1]) / 4


@regression("multi_gauss", "Hills", "Six Gaussian hills and hollows in two rows.", 2, 3.0)
def multi_gauss(x: Floats, shape: np.random.Generator) -> Floats:
    """Y = Σⱼ ±exp(−‖x − cⱼ‖²/(2 · 0.6²)), centres (−2, 0, 2) × (−1.25, 1.25), neighbours of opposite sign."""
    total = np.zeros(len(x))
    for column, x1 in enumerate((-2.0, 0.0, 2.0)):
        for row, x2 in enumerate((-1.25, 1.25)):
            distance_sq = (x[:, 0] - x1) ** 2 + (x[:, 1] - x2) ** 2
            total += (-1) ** (row + column) * np.exp(-distance_sq / (2 * 0.6**2))
    return total
