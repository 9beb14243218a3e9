"""Two-class problems in the plane: each draws clean points of given classes; balance and noise are common to all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from occam.datasets.own_csv import Table
from occam.datasets.registry import TEST, TRAIN, Dataset, Floats, Request, Samples, stream

ENTRIES: list[Dataset] = []
CLASSES = ("0", "1")
FEATURES = ("x₁", "x₂")

# labels (n,) in {0, 1} -> clean points (n, 2)
Points = Callable[[Floats, np.random.Generator], Floats]
Corner = tuple[float, float]


def two_class(name: str, label: str, description: str, low: Corner, high: Corner) -> Callable[[Points], Points]:
    """Register a two-class dataset: x = points(labels) + noise · N(0, I), labels ⌈n/2⌉ zeros and ⌊n/2⌋ ones, shuffled.

    The label is decided before the noise, as in scikit-learn's make_moons.  `low`, `high`: the domain box, which holds
    the points up to a noise of about 0.2.
    """

    def enter(points: Points) -> Points:
        def part(n: int, noise: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
            labels = rng.permutation(np.arange(n) % 2).astype(np.float64)
            clean = points(labels, rng)
            return clean + noise * rng.normal(size=clean.shape), labels

        def draw(spec: Request, table: Table | None = None) -> Samples:
            x_train, y_train = part(spec.n_train, spec.noise, stream(spec.seed, TRAIN))
            x_test, y_test = part(spec.n_test, spec.noise, stream(spec.seed, TEST))
            box = np.array(low, float), np.array(high, float)
            return Samples(x_train, y_train, x_test, y_test, "binary", CLASSES, FEATURES, *box)

        ENTRIES.append(Dataset(name, label, description, "binary", 2, CLASSES, True, draw, low, high))
        return points

    return enter


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


@two_class("circle", "Circle", "A disc inside a ring: one class surrounds the other.", (-2.5, -2.5), (2.5, 2.5))
def circle(labels: Floats, rng: np.random.Generator) -> Floats:
    """Class 1 uniform in the disc r < 1, class 0 uniform in the ring 1.4 < r < 2."""
    inner, outer = np.where(labels == 1, 0.0, 1.4), np.where(labels == 1, 1.0, 2.0)
    # The area inside r grows as r², so r² is uniform between the squares.
    radius = np.sqrt(rng.uniform(inner**2, outer**2))
    return _polar(radius, rng.uniform(0.0, 2 * np.pi, len(labels)))


@two_class("moons", "Moons", "Two interleaved half circles, scikit-learn's make_moons.", (-1.75, -1.5), (2.75, 2.0))
def moons(labels: Floats, rng: np.random.Generator) -> Floats:
    """Class 0: (cos t, sin t); class 1: (1 − cos t, ½ − sin t); t uniform in (0, π).  Source: make_moons."""
    x = _polar(np.ones(len(labels)), rng.uniform(0.0, np.pi, len(labels)))
    return np.where(labels[:, None] == 1, np.array([1.0, 0.5]) - x, x)


@two_class("gauss", "Gauss", "Two Gaussian clouds: a straight line separates them.", (-3.0, -3.0), (3.0, 3.0))
def gauss(labels: Floats, rng: np.random.Generator) -> Floats:
    """Class 0: N((−1, −1), ½² I); class 1: N((1, 1), ½² I)."""
    return (2 * labels - 1)[:, None] + 0.5 * rng.normal(size=(len(labels), 2))


@two_class("xor", "XOR", "Four squares, opposite corners alike: no line separates them.", (-2.5, -2.5), (2.5, 2.5))
def xor(labels: Floats, rng: np.random.Generator) -> Floats:
    """|x₁|, |x₂| uniform in (0.1, 2); class 1 where x₁x₂ < 0, class 0 where x₁x₂ > 0."""
    size = rng.uniform(0.1, 2.0, (len(labels), 2))
    sign = rng.choice([-1.0, 1.0], len(labels))
    return size * np.column_stack([sign, sign * (1 - 2 * labels)])


@two_class("spiral", "Spiral", "Two interleaved spirals: the hardest of the plane problems.", (-3.5, -3.5), (3.5, 3.5))
def spiral(labels: Floats, rng: np.random.Generator) -> Floats:
    """r² uniform in (0.3², 3²), angle π r, class 1 turned by π: one and a half turns, arms 1 apart."""
    radius = np.sqrt(rng.uniform(0.3**2, 3.0**2, len(labels)))
    return _polar(radius, np.pi * (radius + labels))


@two_class("checkerboard", "Checkerboard", "A board of four by four squares.", (-3.5, -3.5), (3.5, 3.5))
def checkerboard(labels: Floats, rng: np.random.Generator) -> Floats:
    """Uniform on the squares of side 1.5 in (−3, 3)² whose row plus column is even (class 0) or odd (class 1)."""
    row = rng.integers(0, 4, len(labels))
    column = 2 * rng.integers(0, 2, len(labels)) + (row + labels) % 2
    corner = np.column_stack([column, row]) - 2.0
    return 1.5 * (corner + rng.uniform(size=corner.shape))
