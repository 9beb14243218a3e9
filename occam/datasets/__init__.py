"""Datasets: the problems a network learns, each one entry of `DATASETS`, each a pure function of a data spec.

A new dataset is one registry entry: a decorated function in `two_class.py` or `regression.py`, or a line of the table
in `tables.py`.  Widgets, links, error messages and the JSON Schema read the registry and need no change.
"""

from __future__ import annotations

from occam.datasets import regression, tables, two_class
from occam.datasets.own_csv import CsvFault, Table, parse_csv
from occam.datasets.registry import OWN_CSV, Dataset, Request, Samples, Task

__all__ = ["DATASETS", "OWN_CSV", "CsvFault", "Dataset", "Request", "Samples", "Table", "Task", "load", "parse_csv"]

# In the order in which a list shows them: toy problems first, own data last.
DATASETS: dict[str, Dataset] = {
    entry.name: entry for entry in (*two_class.ENTRIES, *regression.ENTRIES, *tables.ENTRIES)
}


def load(spec: Request, table: Table | None = None) -> Samples:
    """Training and test samples of `spec`: a pure function of its arguments.

    `table`: the parsed own file, needed for dataset "csv" and ignored otherwise.  Training and test samples come from
    separate streams of `spec.seed`: changing `n_test` leaves the training samples as they are, and the reverse.  A
    table serves both from one shuffled list, training from its front, test from its end, so the reverse holds there
    until the two would meet; then the test part is what is left over.

    Raises `CsvFault` when `table` is missing, is not the file named by `spec.csv_sha256`, or lacks `spec.csv_target`.
    """
    return DATASETS[spec.dataset].draw(spec, table)
