"""Tables of rows: real ones from scikit-learn and the user's own, split, standardised and boxed alike."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from occam.datasets.own_csv import CsvFault, Problem, Table
from occam.datasets.registry import OWN_CSV, SPLIT, Dataset, Floats, Request, Samples, Task, stream

LARGEST_TRAINING_SHARE = 4 / 5  # so that something is always left over to judge generalisation
PADDING = 0.05  # of a feature's range, on either side of the domain box
ROUNDING = 1e-12  # a relative spread this small is rounding, not information

Rows = NDArray[np.intp]


def split(y: Floats, classes: int, n_train: int, n_test: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Row numbers (n,), (m,) of a training and a test part, disjoint, each with the classes in proportion.

    n = min(n_train, ⌊4N/5⌋) but at least 1, m = min(n_test, N − n).  The rows stand in one shuffled order, training
    taken from its front and test from its end, so neither part depends on the size of the other until they meet.
    """
    order = rng.permutation(len(y))
    if classes:
        # The j-th row of a class with N_c rows is put at (j + ½)/N_c: every front and every end of the list then holds
        # each class in proportion, up to rounding.  The sort is stable, so ties stay in random order.
        place = np.empty(len(y))
        for c in range(classes):
            members = np.flatnonzero(y[order] == c)
            place[members] = (np.arange(len(members)) + 0.5) / max(len(members), 1)
        order = order[np.argsort(place, kind="stable")]
    n = max(1, min(n_train, int(LARGEST_TRAINING_SHARE * len(y))))
    m = min(n_test, len(y) - n)
    return order[:n], order[len(y) - m :][::-1]


def standardised(values: Floats, train: Rows) -> Floats:
    """(v − mean)/std per column of `values` (N, d), both over the rows `train`, std with 1/n; 0 where std is 0."""
    mean, std = values[train].mean(axis=0), values[train].std(axis=0)
    constant = std <= ROUNDING * np.abs(values[train]).max(axis=0)
    return np.where(constant, 0.0, (values - mean) / np.where(constant, 1.0, std))


def from_table(spec: Request, problem: Problem) -> Samples:
    """Samples of a table: x and, for regression, y standardised by the training part.

    The domain box is each feature's range over all rows, padded by `PADDING` of it on either side; a feature that is
    constant in the training part is 0 everywhere, and so are both ends of its box.
    """
    x, y, classes, features = problem
    train, test = split(y, len(classes), spec.n_train, spec.n_test, stream(spec.seed, SPLIT))
    x = standardised(x, train)
    if not classes:
        spread = y[train].std()
        # A target that is constant in training (one row) is only centred: the test part must not become exact by it.
        y = (y - y[train].mean()) / (spread if spread > ROUNDING * np.abs(y[train]).max() else 1.0)
    low, high = x.min(axis=0), x.max(axis=0)
    pad = PADDING * (high - low)
    return Samples(x[train], y[train], x[test], y[test], task_of(classes), classes, features, low - pad, high + pad)


def task_of(classes: tuple[str, ...]) -> Task:
    """No classes: regression; two: binary; more: multiclass."""
    return "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"


@cache
def _bundled(name: str, classes: tuple[str, ...]) -> Problem:
    from sklearn import datasets  # here, because it takes seconds to import and most runs do without

    bunch = getattr(datasets, f"load_{name}")()
    x, y = bunch.data.astype(np.float64), bunch.target.astype(np.float64)
    return Problem(x, y, classes, tuple(map(str, bunch.feature_names)))


def _real(name: str, label: str, description: str, inputs: int, classes: tuple[str, ...]) -> Dataset:
    def draw(spec: Request, table: Table | None = None) -> Samples:
        return from_table(spec, _bundled(name, classes))

    return Dataset(name, label, description, task_of(classes), inputs, classes, False, draw)


def _own(spec: Request, table: Table | None = None) -> Samples:
    if table is None:
        raise CsvFault("This run uses an own CSV file: open that file first.")
    if table.digest != spec.csv_sha256:
        raise CsvFault(
            f"This is not the file of the run: its SHA-256 starts with {table.digest[:8]}, "
            f"that of the run's file with {str(spec.csv_sha256)[:8]}."
        )
    return from_table(spec, table.problem(str(spec.csv_target)))


ENTRIES = (
    _real("iris", "Iris", "150 flowers of three species by four lengths.", 4, ("setosa", "versicolor", "virginica")),
    _real("wine", "Wine", "178 wines of three growers by 13 measurements.", 13, ("class_0", "class_1", "class_2")),
    _real("breast_cancer", "Breast cancer", "569 tumours by 30 measurements.", 30, ("malignant", "benign")),
    _real("digits", "Digits", "1797 handwritten digits of 8 by 8 pixels.", 64, tuple("0123456789")),
    Dataset(OWN_CSV, "Own CSV", "Your own table of numbers, one column to predict.", None, None, None, False, _own),
)
