"""The argument as a chain whose arrows show what is measured on the run at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary
from occam.ui import options, scene
from occam.ui.desk import Look
from occam.ui.steady import Steady
from occam.ui.text import Section, section
from occam.ui.words import number

FILE = "home"
CSS = Path(__file__).with_name("home.css")
PICTURE = 300  # pixels of plot
NODES = ("step", "parameters", "inputs", "simple", "general")
Places = Mapping[str, DeltaGenerator]


@dataclass(frozen=True)
class Arrow:
    """One step of the argument: `pages` test it; `measure` gives the numbers that its text names."""

    name: str
    pages: tuple[str, ...]
    measure: Callable[[Look], dict[str, str]]


def _penalised(look: Look) -> dict[str, str]:
    metrics = look.frame.metrics
    regime = "inside" if metrics["stability"] < 1 else "outside"
    return {
        "implicit": number(metrics["implicit_penalty"]),
        "loss": number(metrics["train_loss"]),
        "stability": number(metrics["stability"]),
        "regime": text(f"regime.{regime}").title,
    }


def _bounded(look: Look) -> dict[str, str]:
    names = {"median": "bound_ratio_median", "largest": "bound_ratio_max"}
    return {field: number(look.frame.metrics[name]) for field, name in names.items()}


def _simple(look: Look) -> dict[str, str]:
    names = {"complexity": "geometric_complexity", "energy": "dirichlet_energy"}
    now = {field: number(look.frame.metrics[name]) for field, name in names.items()}
    return now | {f"{field}_before": number(look.frames[0].metrics[name]) for field, name in names.items()}


def _general(look: Look) -> dict[str, str]:
    metrics = look.frame.metrics
    gap = metrics["test_loss"] - metrics["train_loss"]
    return {"test": number(metrics["test_loss"]), "train": number(metrics["train_loss"]), "gap": number(gap)}


ARROWS = (
    Arrow("penalised", ("step_size",), _penalised),
    Arrow("bounded", ("layer_bound",), _bounded),
    Arrow("simple", ("input_penalty", "one_dimension"), _simple),
    Arrow("general", ("complexity",), _general),
)
# kind of visitor → where they start
STARTS = {"newcomer": "playground", "workshop": "lessons", "doubter": "layer_bound", "researcher": "complexity"}


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def chain() -> dict[str, DeltaGenerator]:
    """The chain: what each arrow claims and the pages that test it; returns where its numbers go."""
    places: dict[str, DeltaGenerator] = {}
    for node, arrow in zip(NODES, ARROWS, strict=False):
        _node(node)
        with st.container(key=f"arrow_{arrow.name}", gap=None):
            st.markdown(text(f"arrow.{arrow.name}").body)
            places[arrow.name] = st.container()
            with st.container(horizontal=True, gap="small"):
                for page in arrow.pages:
                    link(page)
    _node(NODES[-1])
    return places


def _node(name: str) -> None:
    words = text(f"node.{name}")
    st.html(f'<div class="node"><b>{escape(words.title)}</b> {escape(words.body)}</div>')


def link(page: str, label: str | None = None) -> None:
    """A link to a page of the app."""
    title = label or section("page", page).title
    st.page_link(f"pages/{page}.py", label=title, icon=":material/arrow_forward:", width="content")


def starts() -> None:
    """Where to begin, for each kind of visitor."""
    for column, (name, page) in zip(st.columns(len(STARTS), gap="medium"), STARTS.items(), strict=True):
        words = text(f"start.{name}")
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{words.title}**  \n{words.body}")
            link(page)


def draw(look: Look | None, places: Places, steady: dict[str, Steady]) -> None:
    """The numbers of every arrow and the picture of the run, at the record on screen."""
    if look is None:
        scene.reserve(places, "boundary", *(arrow.name for arrow in ARROWS))
        return
    for arrow in ARROWS:
        with places[arrow.name]:
            st.html(f'<p class="measured">{text(f"measured.{arrow.name}").fill(**arrow.measure(look))}</p>')
    chart = boundary.draw(look.entry.key, look.header, look.frames, look.index, style=options.style(), test=False)
    with places["boundary"]:
        scene.show(chart, "home", PICTURE, steady.setdefault("home", Steady()))
