"""Which runs of a table are points of the scatter, and how many are not and why: none is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.spec import KNOBS

GAP = "gap"
MOST_POINTS = 10_000  # drawn of one table: a canvas paints them at once
Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Panel:
    """One facet: its `title` (empty where there is one panel), `all` its points and those `drawn` of them.

    Columns: run (place in the table), x, y, level, label.  `note`: what to write where there is nothing to draw.
    """

    title: str
    all: pd.DataFrame
    drawn: pd.DataFrame
    note: str = ""


@dataclass(frozen=True, eq=False)
class Points:
    """The points by panel, and the runs that are none.

    `runs`: in the table; `unreached`: never came to the level that is compared, of which `diverged` ended in
    divergence; `undefined`: a quantity is nan; `outside`: not above 0 on a log axis; `thinned`: points not drawn.
    """

    panels: tuple[Panel, ...]
    runs: int
    unreached: int
    diverged: int
    undefined: int
    outside: int
    thinned: int

    @property
    def all(self) -> pd.DataFrame:
        """Every point, whatever its panel."""
        return pd.concat([panel.all for panel in self.panels]).sort_values("run")

    @property
    def ends(self) -> tuple[Pair, Pair]:
        """Lowest and highest (x, y) of all panels; nan without points."""
        data = self.all
        if data.empty:
            return (np.nan, np.nan), (np.nan, np.nan)
        x, y = data["x"].to_numpy(float), data["y"].to_numpy(float)
        return (float(x.min()), float(y.min())), (float(x.max()), float(y.max()))


def quantity(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """The column of a metric; `GAP` is test loss − training loss."""
    if name == GAP:
        return (frame["test_loss"] - frame["train_loss"]).to_numpy(float)
    return frame[name].to_numpy(float)


def text(path: str, value: Any) -> str:
    """A knob's value in few letters."""
    if pd.isna(value):
        return "full" if path == "training.batch_size" else "none"
    if KNOBS[path].kind is int:
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def level_texts(path: str, levels: Sequence[Any]) -> tuple[str, ...]:
    """The knob's levels as a key names them."""
    return tuple(text(path, level) for level in levels)


def texts(frame: pd.DataFrame, path: str) -> list[str]:
    """The knob's value of every run, as the key names it."""
    codes, found = pd.factorize(frame[path], use_na_sentinel=False)
    known = [text(path, value) for value in found]
    return [known[code] for code in codes]


def labels(frame: pd.DataFrame, varied: Mapping[str, Sequence[Any]]) -> list[str]:
    """What tells a run from the others: "γ 0.1, λ 0.5, Data seed 3"."""
    columns = [[f"{KNOBS[path].symbol or KNOBS[path].label} {t}" for t in texts(frame, path)] for path in varied]
    return [", ".join(parts) for parts in zip(*columns, strict=True)] if columns else ["the run"] * len(frame)


def points(
    frame: pd.DataFrame,
    varied: Mapping[str, Sequence[Any]],
    x: str,
    y: str,
    *,
    log: tuple[bool, bool] = (False, False),
    colour: str | None = None,
    facet: str | None = None,
    note: Mapping[Literal["empty", "unreached", "undefined"], str] | None = None,
) -> Points:
    """The points of a table of runs, one row a run with its knobs, its metrics at the level compared, and `reached`.

    `log`: whether x and y stand on log axes; `colour`, `facet`: varied knobs; `note`: what panels say without points.
    """
    reached = frame["reached"].to_numpy(bool)
    xs, ys = quantity(frame, x), quantity(frame, y)
    defined = np.isfinite(xs) & np.isfinite(ys)
    inside = np.ones(len(frame), bool)
    for values, is_log in zip((xs, ys), log, strict=True):
        if is_log:
            inside &= ~(values <= 0)
    usable = reached & defined & inside
    data = pd.DataFrame({"run": np.arange(len(frame)), "x": xs, "y": ys})
    data["level"] = texts(frame, colour) if colour else "run"
    data["label"] = labels(frame, varied)
    share = min(1.0, MOST_POINTS / max(1, usable.sum()))
    panels, note = [], note or {}
    why = "empty" if not len(frame) else "undefined" if (reached & ~(defined & inside)).any() else "unreached"
    for title, members in _panels(frame, varied, facet):
        part = data.loc[usable & members, :]
        shown = part if share == 1 else part.iloc[np.linspace(0, len(part) - 1, int(len(part) * share)).astype(int)]
        panels.append(Panel(title, part, shown, "" if len(part) else note.get(why, "")))
    return Points(
        tuple(panels),
        runs=len(frame),
        unreached=int((~reached).sum()),
        diverged=int((~reached & (frame["status"] == "diverged").to_numpy()).sum()),
        undefined=int((reached & ~defined).sum()),
        outside=int((reached & defined & ~inside).sum()),
        thinned=sum(len(panel.all) - len(panel.drawn) for panel in panels),
    )


def _panels(
    frame: pd.DataFrame, varied: Mapping[str, Sequence[Any]], facet: str | None
) -> list[tuple[str, NDArray[np.bool_]]]:
    if facet is None:
        return [("", np.ones(len(frame), bool))]
    here, knob = np.array(texts(frame, facet), dtype=object), KNOBS[facet]
    return [
        (f"{knob.label} {knob.symbol}".strip() + f" = {level}", here == level)
        for level in level_texts(facet, varied[facet])
    ]
