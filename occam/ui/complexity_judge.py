"""Which correlations and pairs the trainer is asked for, and what has come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from occam.charts.scatter_points import quantity, text
from occam.engine.study_book import StudyEntry
from occam.studies.spec import StudySpec
from occam.sweeps.results import Correlation, Paired
from occam.sweeps.study import SweepCorrelation, SweepPaired
from occam.sweeps.vary import VARIED
from occam.ui.complexity_table import Table
from occam.ui.desk import Desk, engine

MOST_KNOBS, MOST_LEVELS = 3, 12  # of which the levels are looked into
GROWTH = 1.3  # a growing table is judged again when it is so many times as long
Within = tuple[str, str]  # a knob and the text of one of its levels
Side = tuple[str, int]  # a knob, and 0 for its effect on complexity, 1 for that on generalisation


@dataclass
class Judgement:
    """What is asked about one table, one level and two quantities, by what it is about, and the answers so far."""

    key: tuple[Any, ...]
    runs: int
    asked: Mapping[str | Within | Side, StudySpec]
    entries: dict[str | Within | Side, StudyEntry] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether every answer has come."""
        return len(self.entries) == len(self.asked) and all(entry.over for entry in self.entries.values())

    def answer(self, about: str | Within | Side) -> Any:
        """One answer, None before it has come."""
        entry = self.entries.get(about)
        return entry.results[-1] if entry is not None and entry.results else None

    @property
    def whole(self) -> Correlation | None:
        """Over all runs."""
        return self.answer("all")

    def levels(self, path: str) -> dict[str, Correlation]:
        """Within each level of a knob that has its answer."""
        found = {about[1]: self.answer(about) for about in self.asked if about[0] == path and isinstance(about[1], str)}
        return {level: one for level, one in found.items() if one is not None}

    def pair(self, path: str) -> tuple[Paired, Paired] | None:
        """A knob's effect on complexity and on generalisation."""
        both = self.answer((path, 0)), self.answer((path, 1))
        return both if None not in both else None

    @property
    def knobs(self) -> list[str]:
        """The knobs that are judged."""
        return list(dict.fromkeys(about[0] for about in self.asked if not isinstance(about, str)))


def ask(desk: Desk, judgement: Judgement) -> bool:
    """Ask for what has not come; whether more is to come."""
    for place, (about, spec) in enumerate(judgement.asked.items()):
        entry = judgement.entries.get(about)
        if entry is None or not entry.over:
            judgement.entries[about] = engine().study(desk.viewer, spec, slot=f"judge.{place}")
    return not judgement.over


def judge(key: tuple[Any, ...], table: Table, frame: pd.DataFrame, x: str, y: str) -> Judgement:
    """What is to be asked about the runs of `frame`: those that reached the level count, the others are missing."""
    reached = frame["reached"].to_numpy(bool)
    values = [_numbers(np.where(reached, quantity(frame, name), np.nan)) for name in (x, y)]
    every = {path: _plain(frame[path].tolist()) for path in VARIED}
    varied = {path: column for path, column in every.items() if len(set(column)) > 1}
    codes = pd.factorize(pd.Series(list(zip(*(every[path] for path in table.seeds), strict=True)), dtype=object))[0]
    groups = codes.tolist() if table.seeds else [0] * len(frame)
    asked: dict[str | Within | Side, StudySpec] = {"all": _correlation(values, groups, np.ones(len(frame), bool))}
    if table.seeds:
        ranked = pd.DataFrame(dict(zip("xy", values, strict=True)), dtype=float)
        ranked = ranked.where(ranked.notna().all(axis=1)).groupby(codes).rank(pct=True)
        asked["seeds"] = _correlation([_numbers(ranked[c].to_numpy()) for c in "xy"], groups, np.ones(len(frame), bool))
    for path, levels in list(table.varied.items())[:MOST_KNOBS]:
        if path not in varied:
            continue
        told = np.array([text(path, value) for value in varied[path]], dtype=object)
        for level in levels[:MOST_LEVELS]:
            here = told == text(path, level)
            if here.any():
                asked[path, text(path, level)] = _correlation(values, groups, here)
        if len({value for value in varied[path] if value is not None}) > 1:
            for side, (name, column) in enumerate(zip((x, y), values, strict=True)):
                columns = {**varied, name: column}
                asked[path, side] = SweepPaired(
                    knob=path, outcome=name, columns={name: tuple(column) for name, column in columns.items()}
                )
    return Judgement(key, len(frame), asked)


def _correlation(values: list[list[float | None]], groups: list[int], here: np.ndarray) -> SweepCorrelation:
    places = np.flatnonzero(here)
    x, y = (tuple(column[i] for i in places) for column in values)
    return SweepCorrelation(x=x, y=y, groups=tuple(groups[i] for i in places))


def _numbers(column: np.ndarray) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in column.tolist()]


def _plain(column: list[Any]) -> list[Any]:
    return [None if pd.isna(value) else value for value in column]
