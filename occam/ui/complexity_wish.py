"""The sweep that a viewer builds: two or three knobs, each over a range or a list, and seeds; as widgets and a link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from occam.spec import KNOBS, RunSpec
from occam.sweeps.spec import SweepSpec, read_sweep
from occam.sweeps.vary import VARIED
from occam.ui.text import section

Form = Literal["log", "linear", "list"]
FORMS: tuple[Form, ...] = ("log", "linear", "list")
OFFERED = tuple(path for path in VARIED if not path.endswith("seed") and not path.startswith("data.csv"))
SEEDED = ("data", "model", "training")
FILE = "complexity"
PREFIX = "sweep."  # of the widgets' keys
MOST_KNOBS = 3


@dataclass(frozen=True)
class Varied:
    """One knob of the wish: from `low` to `high` in `count` values on a `form` scale, or the list in `values`."""

    path: str
    form: Form
    low: float = 0.0
    high: float = 1.0
    count: int = 2
    values: str = ""

    def tree(self) -> Any:
        """What a sweep's JSON holds for it."""
        if self.form == "list":
            return listed(self.path, self.values)
        whole = KNOBS[self.path].kind is int
        low, high = (int(end) if whole and end == int(end) else end for end in (self.low, self.high))
        return {"from": low, "to": high, "count": self.count, "scale": self.form}


@dataclass(frozen=True)
class Wish:
    """Up to three knobs, `seeds` values of the seed of `seeded`, and the levels that runs are compared at, as text."""

    knobs: tuple[Varied, ...]
    seeded: str
    seeds: int
    losses: str
    times: str

    def sweep(self, base: RunSpec) -> SweepSpec:
        """The sweep about `base`.  Raises `SpecFault`, a line per fault."""
        first = base.value(f"{self.seeded}.seed")
        vary: dict[str, Any] = {one.path: one.tree() for one in self.knobs}
        vary[f"{self.seeded}.seed"] = [first + i for i in range(self.seeds)]
        levels = {"at_losses": listed("", self.losses), "at_times": listed("", self.times)}
        tree = {"base": base.model_dump(mode="json"), "vary": vary, **levels}
        return read_sweep(json.dumps(tree).encode())


# About a hundred runs, done in seconds; three knobs at most, as a third would need more.
DEFAULT = Wish(
    knobs=(
        Varied("training.step_size", "log", 0.05, 0.8, 5),
        Varied("training.param_penalty", "list", 0.1, 0.5, 3, "0, 0.1, 0.5"),
    ),
    seeded="data",
    seeds=7,
    losses="0.4, 0.35, 0.3, 0.25",
    times="25, 50",
)
STARTS: dict[str, Varied] = {
    one.path: one
    for one in (
        *DEFAULT.knobs,
        Varied("training.input_penalty", "list", 0.05, 0.5, 4, "0, 0.1, 0.5"),
        Varied("training.batch_size", "list", 8, 64, 3, "none, 40, 10"),
        Varied("model.depth", "linear", 1, 4, 4, "1, 2, 3"),
        Varied("model.width", "log", 8, 32, 3, "8, 16, 32"),
        Varied("model.gain", "log", 0.5, 2, 3, "0.5, 1, 2"),
        Varied("data.noise", "linear", 0.1, 0.4, 4, "0.1, 0.2, 0.35"),
    )
}


def start(path: str) -> Varied:
    """How a knob is varied at first."""
    if path in STARTS:
        return STARTS[path]
    knob = KNOBS[path]
    if knob.choices or knob.optional:
        return Varied(path, "list", values=", ".join(knob.choices[:3]) or "none")
    low, high = knob.ge if knob.ge is not None else knob.gt, knob.le if knob.le is not None else knob.lt
    low = max(float(low or 0), 1.0 if knob.kind is int else 0.01)
    high = min(float(high or 1), 10 * low)
    return Varied(path, "log" if knob.scale == "log" else "linear", low, high, 3, f"{low:g}, {high:g}")


def listed(path: str, given: str) -> list[Any]:
    """The values of a list as they were typed: numbers, none, or texts; what is none of these stays text."""
    return [_value(path, part.strip()) for part in given.split(",") if part.strip()]


def _value(path: str, given: str) -> Any:
    knob = KNOBS.get(path)
    if given in ("none", "full") and (knob is None or knob.optional):
        return None
    if knob is not None and knob.kind is str:
        return given
    try:
        number = float(given)
    except ValueError:
        return given
    return int(number) if knob is not None and knob.kind is int and number == int(number) else number


# The link.

NAMES = ("vary1", "vary2", "vary3", "seeded", "seeds", "losses", "times")


def query(wish: Wish) -> dict[str, str]:
    """The wish for a link: "step_size:log:0.05:0.8:5", "param_penalty:list:0, 0.1"."""
    found = {f"vary{i + 1}": _told(one) for i, one in enumerate(wish.knobs)}
    return found | {"seeded": wish.seeded, "seeds": str(wish.seeds), "losses": wish.losses, "times": wish.times}


def _told(one: Varied) -> str:
    name = KNOBS[one.path].query
    if one.form == "list":
        return f"{name}:list:{one.values}"
    return f"{name}:{one.form}:{one.low:g}:{one.high:g}:{one.count}"


def read(params: Mapping[str, str]) -> tuple[Wish, tuple[str, ...]]:
    """The wish of a link, the default where it names none, and a sentence for what could not be read."""
    if not any(name in params for name in NAMES):
        return DEFAULT, ()
    knobs, notices = [], []
    for name in NAMES[:MOST_KNOBS]:
        if name in params:
            one = _read_varied(params[name])
            if one is None or one.path in [other.path for other in knobs]:
                notices.append(section("link.vary", FILE).fill(name=name, text=params[name][:60]))
            else:
                knobs.append(one)
    seeds = params.get("seeds", str(DEFAULT.seeds))
    if not (seeds.isdecimal() and 1 <= int(seeds[:6]) <= 1000):
        notices.append(section("link.numbers", FILE).fill(name="seeds", text=seeds[:40], count=1))
        seeds = str(DEFAULT.seeds)
    seeded = params.get("seeded", DEFAULT.seeded)
    if seeded not in SEEDED:
        notices.append(section("link.vary", FILE).fill(name="seeded", text=seeded[:40]))
        seeded = DEFAULT.seeded
    levels = {name: params.get(name, "")[:200] for name in ("losses", "times")}
    return Wish(tuple(knobs) or DEFAULT.knobs, seeded, int(seeds), **levels), tuple(notices)


def _read_varied(given: str) -> Varied | None:
    name, _, rest = given.partition(":")
    path = next((path for path in OFFERED if KNOBS[path].query == name), None)
    form, _, rest = rest.partition(":")
    if path is None:
        return None
    if form == "list":
        return replace(start(path), form="list", values=rest[:400])
    parts = rest.split(":")
    if form not in ("log", "linear") or len(parts) != 3 or not parts[2].isdecimal():
        return None
    try:
        return replace(start(path), form=form, low=float(parts[0]), high=float(parts[1]), count=int(parts[2][:6]))
    except ValueError:
        return None


def forget() -> None:
    """Let the widgets of the builder take their values from the wish again."""
    for name in [name for name in st.session_state if str(name).startswith(PREFIX)]:
        del st.session_state[name]
