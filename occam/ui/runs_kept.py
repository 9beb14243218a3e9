"""Runs as rows: those of this session, to be kept in the store, and those of the store, to be opened again."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import wait
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from occam.charts.cache import once
from occam.datasets import OWN_CSV
from occam.engine.book import Entry
from occam.export.record import machine
from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.studies.defaults import RUNS
from occam.sweeps import table
from occam.sweeps.records import StoreFault
from occam.sweeps.row import END, Mark, Row
from occam.sweeps.store import Store, default_path
from occam.training.frames import NORMS, QUANTILES, Recording
from occam.ui.desk import Desk, engine

PATIENCE = 2.0  # seconds a click waits for the trainer's picture of a stored run; without it the run is trained only
WHEN = "when"
Found = TypeVar("Found")


def hosted() -> bool:
    """Whether this server is shared by strangers, and so keeps no store."""
    return engine().limits.name == "hosted"


# This session.


def entries(specs: Iterable[RunSpec]) -> dict[str, Entry]:
    """What the engine holds of these runs, by digest; the one with most records where there is one a device."""
    wanted = {spec.digest for spec in specs}
    found: dict[str, Entry] = {}
    for entry in engine().book:
        digest = entry.spec.digest
        if digest in wanted and len(entry.frames) >= len(found[digest].frames if digest in found else ()):
            found[digest] = entry
    return found


def row(entry: Entry) -> Row | None:
    """A run that has ended as a row of the store; None for another."""
    header, ending, frames = entry.header, entry.ending, entry.frames
    if header is None or ending is None or not frames:
        return None
    last, here = frames[-1], entry.spec not in RUNS.values()
    versions = {name: told for name, told in machine().items() if name in ("torch", "numpy")} if here else {}
    return Row(
        key=entry.spec.digest,
        spec=entry.spec,
        status=ending.status,
        reason=ending.reason,
        step=ending.step,
        stability=ending.stability,
        marks=(Mark("end", None, last.step, dict(last.metrics)),),
        weights=last.params,
        seconds=math.nan,
        device=header.device,
        dtype=header.dtype,
        versions=versions,
    )


def session(desk: Desk) -> pd.DataFrame:
    """The runs of this session, the latest first: columns of a store's table, and when each was opened."""
    opened = list(desk.history.opened.items())[::-1]
    held = entries(run.spec for _, run in opened)
    rows, status = [], []
    for key, run in opened:
        entry = held.get(key)
        made = row(entry) if entry is not None else None
        rows.append(made or _unfinished(run.spec, entry))
        status.append(made.status if made else "unfinished" if entry is not None and entry.frames else "not in memory")
    found = table.frame(rows)
    found["status"], found["name"] = status, [run.name for _, run in opened]
    found[WHEN] = [datetime.fromtimestamp(run.when) for _, run in opened]
    return found


def _unfinished(spec: RunSpec, entry: Entry | None) -> Row:
    """A run that is not over, as far as it is known."""
    frames = entry.frames[:] if entry is not None else []
    marks = (Mark("end", None, frames[-1].step, dict(frames[-1].metrics)),) if frames else ()
    step, none = frames[-1].step if frames else 0, np.empty(0, np.float32)
    missed = () if marks else (END,)
    return Row(spec.digest, spec, "finished", "", step, math.nan, marks, none, math.nan, "", "", missed=missed)


# The store.


def stored() -> pd.DataFrame:
    """All runs of the store.  Raises `StoreFault`."""
    path = default_path()
    if not path.exists():
        return table.frame([])
    return _stored(path, _changed(path))


@once(maxsize=2)
def _stored(path: Path, changed: tuple[int, ...]) -> pd.DataFrame:
    with Store.open(path, read_only=True) as store:
        return table.frame(store)


def _changed(path: Path) -> tuple[int, ...]:
    """When and how large the file and its log are: equal means that nothing was written since."""
    try:
        return tuple(
            number
            for file in (path, Path(f"{path}-wal"))
            if file.exists()
            for number in (file.stat().st_mtime_ns, file.stat().st_size)
        )
    except OSError as fault:
        raise StoreFault(f"{path} cannot be read ({os.strerror(fault.errno or 0)})") from None


def reading(act: Callable[[Store], Found]) -> Found:
    """What `act` finds in the store, of which nothing is changed.  Raises `StoreFault`."""
    with Store.open(default_path(), read_only=True) as store:
        return act(store)


def writing(act: Callable[[Store], Found]) -> Found:
    """What `act` does to the store, made if it is missing.  Raises `StoreFault`."""
    with Store.open(default_path()) as store:
        return act(store)


def keep(desk: Desk, keys: Collection[str]) -> int:
    """Put those of these runs of the session that have ended into the store, with their names; how many."""
    opened = {key: desk.history.opened[key] for key in keys if key in desk.history.opened}
    made = [row(entry) for entry in entries(run.spec for run in opened.values()).values()]
    rows = [one for one in made if one is not None]

    def put(store: Store) -> None:
        store.put(rows)
        for one in rows:
            if opened[one.key].name:
                store.rename(one.key, opened[one.key].name)

    if rows:
        writing(put)
    return len(rows)


def picture(desk: Desk, kept: Row) -> Recording | None:
    """The stored end of a run as a recording of one frame, None where the trainer does not draw it soon."""
    csv = desk.csv if kept.spec.data.dataset == OWN_CSV else None
    if kept.spec.data.dataset == OWN_CSV and csv is None:
        return None
    future = engine().open_row(kept.spec, kept.weights, kept.step, csv=csv)
    wait([future], PATIENCE)
    if not future.done() or future.exception() is not None:
        return None
    recording, mark = future.result(), kept.mark()
    bounds = np.full((len(recording.header.sizes) - 1, len(NORMS), len(QUANTILES)), np.nan, np.float32)
    bounds[..., QUANTILES.index("degenerate")] = 0  # a count, of what is not kept
    step = mark.step if mark is not None else kept.step
    metrics = dict.fromkeys(METRICS, math.nan) | (dict(mark.metrics) if mark is not None else {"step": float(step)})
    frame = replace(recording.frames[0], step=step, metrics=metrics, bounds=bounds)
    return Recording(recording.header, [frame])
