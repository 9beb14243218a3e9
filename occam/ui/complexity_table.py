"""Tables of runs that the page can look at: the shipped sweep, the viewer's own as it grows, the store's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from occam.charts.cache import once
from occam.sweeps.row import END, Level, Row
from occam.sweeps.spec import SweepSpec, read_sweep
from occam.sweeps.store import Store, default_path
from occam.sweeps.table import frame
from occam.sweeps.vary import SEEDS, VARIED
from occam.ui.desk import GALLERY, engine

SHIPPED = GALLERY / "sweep.sqlite"
ENOUGH = 0.8  # share of runs that reach the level compared at first
MOST_LEVELS = 40  # of a knob that a table of all kinds of runs still counts as varied


@dataclass(frozen=True, eq=False)
class Table:
    """Runs to be compared.

    `key`: equal keys mean equal rows; `varied`: knobs that are no seeds with their levels, small to large; `seeds`: the
    varied seeds; `losses`, `times`: levels that rows are marked at; `count`: rows there are now, `growing` if more are
    to come; `at`: all rows at a level, `row`: one of them.
    """

    key: str
    varied: Mapping[str, tuple[Any, ...]]
    seeds: tuple[str, ...]
    losses: tuple[float, ...]
    times: tuple[float, ...]
    count: int
    growing: bool
    at: Callable[[Level], pd.DataFrame]
    row: Callable[[str], Row | None]

    @property
    def knobs(self) -> tuple[str, ...]:
        """What colour and facets can show: knobs, then seeds."""
        return (*self.varied, *self.seeds)

    def levels(self, compare: str) -> tuple[float, ...]:
        """Levels of a comparison, small to large; none at the end of training."""
        return {"loss": self.losses, "time": self.times}.get(compare, ())

    def first_level(self, compare: str) -> float | None:
        """The level compared at first: the lowest loss that four of five runs reach, else the one that most do; the
        longest time.
        """
        levels = self.levels(compare)
        if not levels or compare == "time" or self.growing:  # a level that stays while rows come
            return levels[-1] if levels else None
        reached = {
            level: float(self.at(("loss", level))["reached"].to_numpy().mean()) if self.count else 0.0
            for level in levels
        }
        return next((level for level in levels if reached[level] >= ENOUGH), max(levels, key=lambda at: reached[at]))


@cache
def shipped_sweep() -> SweepSpec:
    """What the shipped sweep varies.  Raises `SpecFault`."""
    return read_sweep(SHIPPED.with_suffix(".json").read_bytes())


def shipped() -> Table:
    """The sweep that comes with the app.  Raises `StoreFault` where it is missing or damaged."""
    return _stored(SHIPPED, SHIPPED.stat().st_mtime if SHIPPED.exists() else 0.0)


def stored() -> Table | None:
    """The runs of the viewer's own store; None where there is none, or the app serves many viewers."""
    path = default_path()
    if engine().limits.name == "hosted" or not path.exists():
        return None
    changed = max(file.stat().st_mtime for file in (path, Path(f"{path}-wal")) if file.exists())
    return _stored(path, changed)


@once(maxsize=2)
def _stored(path: Path, changed: float) -> Table:
    """The table of a store as it was `changed`: read once, a level at a time, and closed again."""

    @cache
    def at(level: Level) -> pd.DataFrame:
        with Store.open(path, read_only=True) as store:
            return frame(store, at=level)

    def row(key: str) -> Row | None:
        with Store.open(path, read_only=True) as store:
            return store.row(key)

    with Store.open(path, read_only=True) as store:
        marked = [level for level, _ in store.levels()]
    losses, times = (tuple(sorted(level for kind, level in marked if kind == at and level)) for at in ("loss", "time"))
    every = at(END)
    levels = {path: _levels(every.loc[:, path]) for path in VARIED}
    varied = {path: found for path, found in levels.items() if 1 < len(found) <= MOST_LEVELS}
    knobs = {path: found for path, found in varied.items() if path not in SEEDS}
    seeds = tuple(path for path in SEEDS if len(levels.get(path, ())) > 1)
    return Table(f"{path}|{changed}", {**knobs}, seeds, losses, times, len(every), False, at, row)


def own(sweep: SweepSpec, rows: Sequence[Row], growing: bool) -> Table:
    """The rows that a sweep has left so far; its knobs and levels are known before."""
    by_key = {row.key: row for row in rows}

    @cache
    def at(level: Level) -> pd.DataFrame:
        return frame(rows, at=level)

    varied = {path: _ordered(sweep.vary[path]) for path in sweep.knobs}
    seeds = tuple(path for path in sweep.seeds if len(sweep.vary[path]) > 1)
    key = f"{sweep.digest}|{len(rows)}"
    return Table(key, varied, seeds, sweep.at_losses, sweep.at_times, len(rows), growing, at, by_key.get)


def _levels(column: pd.Series) -> tuple[Any, ...]:
    values = [value.item() if hasattr(value, "item") else value for value in column.unique()]
    return _ordered([None if pd.isna(value) else value for value in values])


def _ordered(values: Sequence[Any]) -> tuple[Any, ...]:
    """Numbers by size, then texts in their order; None, which is the full batch, last."""
    numbers = sorted(value for value in values if isinstance(value, int | float))
    return (
        *numbers,
        *(value for value in values if isinstance(value, str)),
        *([None] if None in values else []),
    )
