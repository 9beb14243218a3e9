"""What one viewer of the page on complexity looks at and has built: all of it in the link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from occam.charts.scatter_points import GAP
from occam.engine.study_book import StudyEntry
from occam.spec import KNOBS
from occam.sweeps.spec import SweepSpec
from occam.ui import complexity_wish as wishes
from occam.ui.complexity_wish import Wish
from occam.ui.links import Own
from occam.ui.text import Section, section

FILE = "complexity"
Brush = tuple[float, float, float, float]  # x from, to, y from, to

CHOICES: dict[str, tuple[str, ...]] = {  # name in the link → what is allowed, the first being the default
    "table": ("shipped", "own", "stored"),
    "cx": (
        "geometric_complexity",
        "dirichlet_energy",
        "sharpness",
        "batch_grad_sq",
        "mean_param_grad_sq",
        "loss_input_grad_sq",
    ),
    "cy": ("test_loss", "test_error", GAP),
    "compare": ("loss", "time", "end"),
    "xscale": ("log", "linear"),
    "yscale": ("linear", "log"),
}
FREE = ("colour", "facet", "level", "run", "brush", "sweep")
NONE = "none"


@dataclass
class State:
    """One viewer's page.

    `chosen`: a choice each; `colour`, `facet`: varied knobs, None for the first and for none; `level`: the training
    loss or the physical time compared at, None for the table's own choice; `run`: the key of the run that is open;
    `brush`: ranges of the brush, and `linked` those that a link brought; `wish`: the sweep being built; `started`: the
    one that was started, `wanted` or not, `stopped` or not; `entry`: its study; `small`: keys of the runs drawn small,
    by their places in the table; `picked`: the point clicked last; `moving`: whether something is under way;
    `arrived`: whether the page was seen before; `began`: when the sweep was started or went on, `pace`: that and the
    rows there were then; `own`: the table of the sweep's rows, under a key;
    `asked`, `judged`: the judgement under way and the one on screen.
    """

    chosen: dict[str, str] = field(default_factory=lambda: {name: allowed[0] for name, allowed in CHOICES.items()})
    colour: str | None = None
    facet: str | None = None
    level: float | None = None
    run: str | None = None
    brush: Brush | None = None
    linked: Brush | None = None
    wish: Wish = wishes.DEFAULT
    started: SweepSpec | None = None
    wanted: bool = False
    stopped: bool = False
    entry: StudyEntry | None = None
    small: dict[int, str] = field(default_factory=dict)
    picked: tuple[str, int | None] | None = None
    moving: bool = False
    arrived: bool = False
    began: float = 0.0
    pace: tuple[float, int] | None = None
    own: tuple[str, Any] | None = None
    asked: Any = None
    judged: Any = None

    def __getitem__(self, name: str) -> str:
        """One choice."""
        return self.chosen[name]


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault("complexity", State())


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def key(name: str) -> str:
    """The widget key of a choice."""
    return f"complexity.{name}"


def segments(name: str, allowed: tuple[str, ...] | None = None, **look: Any) -> None:
    """A row of buttons, one a choice; `allowed`: those of the choices that are offered."""
    page, label = state(), text(f"choice.{name}")
    st.session_state.setdefault(key(name), page[name])
    st.segmented_control(
        label.title,
        allowed or CHOICES[name],
        default=page[name],  # as well: what is set in a run that is cut short never reaches the browser
        key=key(name),
        required=True,
        format_func=lambda one: text(f"{name}.{one}").title,
        help=label.body or None,
        on_change=_choose,
        args=(name,),
        **look,
    )


def select(name: str, words: Mapping[str, str]) -> None:
    """A menu of a choice, its options in `words`."""
    page, label = state(), text(f"choice.{name}")
    st.session_state.setdefault(key(name), page[name])
    st.selectbox(
        label.title,
        list(words),
        index=list(words).index(page[name]) if page[name] in words else 0,
        key=key(name),
        format_func=lambda one: words[one],
        help=label.body or None,
        on_change=_choose,
        args=(name,),
    )


def _choose(name: str) -> None:
    page, value = state(), st.session_state[key(name)]
    page.chosen[name] = value
    if name in ("table", "cx", "cy", "compare", "xscale", "yscale"):
        page.brush = page.linked = None
    if name in ("table", "compare"):
        page.level = None
    if name == "table":
        page.run = page.colour = page.facet = None


def _seed(params: Mapping[str, str]) -> tuple[str, ...]:
    page, notices = state(), []
    for name, allowed in CHOICES.items():
        given = params.get(name, allowed[0])
        if given not in allowed:
            words = {"name": name, "text": given[:40], "allowed": ", ".join(allowed), "used": allowed[0]}
            notices.append(section("link.option").fill(**words))
            given = allowed[0]
        st.session_state[key(name)] = page.chosen[name] = given
    for name in ("colour", "facet"):
        path, sentence = _knob(params, name)
        setattr(page, name, path)
        st.session_state.pop(key(name), None)
        notices += sentence
    page.level, sentence = _numbers(params, "level", 1)
    st.session_state.pop(key("level"), None)
    notices += sentence
    brush, sentence = _numbers(params, "brush", 4)
    page.brush = page.linked = brush
    notices += sentence
    page.run = params.get("run") or None
    page.wish, sentence = wishes.read(params)
    wishes.forget()
    page.wanted = params.get("sweep") == "on"
    if params and not page.wanted:
        page.started = page.entry = None
    return (*notices, *sentence)


def _knob(params: Mapping[str, str], name: str) -> tuple[str | None, tuple[str, ...]]:
    given = params.get(name, NONE)
    if given == NONE:
        return None, ()
    found = next((path for path, knob in KNOBS.items() if knob.query == given), None)
    if found is None:
        return None, (text("link.knob").fill(name=name, text=given[:40]),)
    return found, ()


def _numbers(params: Mapping[str, str], name: str, count: int) -> tuple[Any, tuple[str, ...]]:
    """`count` numbers of the link, one as it is and more as a tuple; None where they are missing or no numbers."""
    if name not in params:
        return None, ()
    numbers: tuple[float, ...] = ()
    with suppress(ValueError):
        numbers = tuple(map(float, params[name].split(",")))
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        return None, (text("link.numbers").fill(name=name, text=params[name][:40], count=count),)
    return (next(iter(numbers)) if count == 1 else numbers), ()


def _query() -> dict[str, str]:
    page = state()
    found = dict(page.chosen)
    for name in ("colour", "facet"):
        path = getattr(page, name)
        if path is not None:
            found[name] = KNOBS[path].query
    if page.level is not None:
        found["level"] = f"{page.level:.10g}"
    if page.run is not None:
        found["run"] = page.run
    if page.brush is not None:
        found["brush"] = ",".join(f"{end:.5g}" for end in page.brush)
    if page["table"] == "own":
        found |= wishes.query(page.wish)
        found["sweep"] = "on" if page.wanted else "off"
    return found


OWN = Own(frozenset((*CHOICES, *FREE, *wishes.NAMES)), _seed, _query)
