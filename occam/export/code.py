"""A run as a Python script and as a notebook that train it again with `occam` alone and compare the numbers.  No torch.

Both are made of the same cells, so that what is tested of one is true of the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from occam.datasets import OWN_CSV
from occam.export.record import ABSOLUTE, RELATIVE, Record

_IMPORTS = """from pathlib import Path

import occam
from occam.export.record import differences, read_record"""

_OWN_FILE = """CSV_FILE = "data.csv"  # your own file; its SHA-256 must be {sha256}

from occam.datasets import parse_csv

if not Path(CSV_FILE).exists():
    raise SystemExit("Set CSV_FILE to the file with the SHA-256 {sha256}.")
table = parse_csv(Path(CSV_FILE).read_bytes())"""

_TRAIN = """device = "{device}"  # "cpu", "cuda" (falls back to the CPU) or "auto"
run = occam.train(exported.spec, table={table}, device=device, dtype=exported.dtype)
print(f"trained on {{run.header.device}}: {{run.ending.status}} at step {{run.ending.step}} ({{run.ending.reason}})")"""

_SHOW = """last = run.frames[-1]
for name, value in last.metrics.items():
    print(f"{name:>24} {value:.6g}")"""

_COMPARE = """wrong = differences(exported, run)
assert not wrong, "the run was not reproduced:\\n" + "\\n".join(wrong)
how = "to the last bit" if exported.exact(run.header.device) else "within {relative:g} relative, {absolute:g} absolute"
print(f"reproduced {{how}}: {{len(exported.metrics)}} numbers at step {{exported.step}}")"""

_ABOUT = """A run of Occam, trained again and compared with what was exported.

Needed: Python 3.11 or newer and the package `occam` (its folder, or `pip install` of it), nothing else.
The comparison is to the last bit on the machine that the run was exported from, with the same versions of torch and
NumPy; elsewhere within {relative:g} relative ({absolute:g} absolute): rounding differs between processors."""


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook, or one paragraph of a script."""

    kind: Literal["markdown", "code"]
    source: str


def cells(record: Record) -> list[Cell]:
    """What trains the run of `record` again and compares."""
    own = record.spec.data.dataset == OWN_CSV
    device = "cuda" if record.device.startswith("GPU") else "cpu"
    tolerance = {"relative": RELATIVE, "absolute": ABSOLUTE}
    text = record.json().rstrip().replace("\\", "\\\\").replace("'''", "''\\'")
    found = [
        Cell("markdown", _ABOUT.format(**tolerance)),
        Cell("code", _IMPORTS),
        Cell("markdown", "What was exported: the spec with every default filled in, and the numbers of one record."),
        Cell("code", f"exported = read_record('''{text}'''.encode())"),
    ]
    if own:
        found.append(Cell("markdown", "The run was trained on a file of its own, which is not part of the export."))
        found.append(Cell("code", _OWN_FILE.format(sha256=record.spec.data.csv_sha256)))
    found += [
        Cell("markdown", "The same run again."),
        Cell("code", _TRAIN.format(device=device, table="table" if own else "None")),
        Cell("code", _SHOW),
        Cell("markdown", "The numbers side by side: an error here means that the run was not reproduced."),
        Cell("code", _COMPARE.format(**tolerance)),
    ]
    return found


def script(record: Record) -> str:
    """The cells as a Python file; the first text is its docstring, the others are comments."""
    first, *others = cells(record)
    parts = [f'"""{first.source}\n"""']
    for cell in others:
        if cell.kind == "markdown":
            parts.append("\n".join(f"# {line}" for line in cell.source.splitlines()))
        else:
            parts.append(cell.source)
    return "\n\n".join(parts) + "\n"


def notebook(record: Record) -> str:
    """The cells as a Jupyter notebook, nbformat 4.5, without outputs."""
    made = []
    for index, cell in enumerate(cells(record)):
        entry: dict[str, object] = {
            "cell_type": cell.kind,
            "id": f"cell-{index}",
            "metadata": {},
            "source": cell.source.splitlines(keepends=True),
        }
        made.append(entry | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    tree = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
