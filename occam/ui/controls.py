"""Knobs: one widget per field of the spec, derived from its declaration; the only home of their widget keys."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from occam.datasets import DATASETS, OWN_CSV
from occam.link import from_query, to_query
from occam.spec import KNOBS, LARGEST_SEED, Knob, RunSpec
from occam.ui import moved, own_file, stops
from occam.ui.desk import Desk, engine
from occam.ui.text import section

GROUPS: dict[str, tuple[str, ...]] = {
    "group.data": ("data.dataset", "data.n_train", "data.noise", "data.n_test", "data.seed"),
    "group.network": (
        "model.depth",
        "model.width",
        "model.activation",
        "model.init",
        "model.gain",
        "model.seed",
    ),
    "group.training": (
        "training.step_size",
        "training.batch_size",
        "training.sampling",
        "training.momentum",
        "training.seed",
    ),
    "group.penalties": (
        "training.param_penalty",
        "training.input_penalty",
        "training.perturbation",
        "training.perturbation_size",
        "training.weight_decay",
    ),
    "group.stop": ("training.max_steps", "training.stop_loss", "training.stop_time", "record_every"),
}
OPEN = {"group.data", "group.network", "group.training"}
RESEED, HIDDEN = "knobs.reseed", "knobs.hidden"
NO_FILE: dict[str, Any] = {"data.csv_sha256": None, "data.csv_target": None}


def key(path: str) -> str:
    """The widget key of a knob."""
    return f"knob.{path}"


def seed(spec: RunSpec) -> None:
    """Make every knob show `spec`; call before the widgets of a run are made, or in a callback."""
    for path in (path for paths in GROUPS.values() for path in paths):
        st.session_state[key(path)] = spec.value(path)


def idle(path: str, spec: RunSpec) -> str | None:
    """Why a knob does nothing under `spec`, as the name of a section of the page's text; None when it counts."""
    if path in ("model.width", "model.activation") and spec.model.depth == 0:
        return "idle.depth"
    if path == "data.noise" and not DATASETS[spec.data.dataset].noisy:
        return "idle.noise"
    drawing = {"training.sampling"} if spec.training.perturbation == "noise" else {"training.sampling", "training.seed"}
    if path in drawing and spec.training.batch_size is None:
        return "idle.full_batch"
    if path == "training.perturbation_size" and spec.training.perturbation == "none":
        return "idle.unperturbed"
    return None


def settle(spec: RunSpec, changes: Mapping[str, Any]) -> tuple[RunSpec, tuple[str, ...]]:
    """`spec` with `changes`, or the nearest valid spec and a sentence for each thing that had to give."""
    try:
        return spec.replace(changes), ()
    except ValidationError:
        if changes.get("data.dataset", spec.data.dataset) != spec.data.dataset:
            spec = spec.replace({"data.moved": None})  # as `replace` would, had all else fitted
        wish = to_query(spec) | {KNOBS[path].query: "none" if v is None else str(v) for path, v in changes.items()}
        return from_query(wish)


def asked(desk: Desk) -> RunSpec | None:
    """The spec that the knobs describe, known before they are drawn; None where the widgets of an own file decide.

    So a picture can come before some thirty widgets.  What cannot be had is set to the nearest that can, with a notice;
    the knobs, drawn later, say so.
    """
    held = _held()
    if held.get("data.dataset", desk.spec.data.dataset) == OWN_CSV:
        return None
    spec, notices = settle(desk.spec, held | NO_FILE)
    spec, clipped = engine().limits.clip(spec)
    if notices or clipped:
        _give_way(desk, spec, (*notices, *clipped))
        seed(spec)
    return spec


def wish(desk: Desk, datasets: Sequence[str] | None = None) -> RunSpec | None:
    """Draw all knobs, grouped; the spec they describe, None while an own file is missing.

    `datasets`: those of all that the page offers.
    What cannot be had is set to the nearest that can, with a notice, and the page starts over with knobs that say so.
    """
    shown, _ = settle(desk.spec, _held())  # a knob that has just been turned decides at once what counts
    said: dict[str, Any] = {}
    file: dict[str, Any] | None = NO_FILE
    hidden = hidden_knobs(shown)
    for group, all_paths in GROUPS.items():
        said |= {path: shown.value(path) for path in all_paths if path in hidden}
        paths = [path for path in all_paths if path not in hidden]
        if not paths:
            continue
        with st.expander(section(group).title, expanded=group in OPEN, key=group):
            for path in paths:
                said[path] = _widget(KNOBS[path], shown, datasets if path == "data.dataset" else None)
                if path == "data.dataset":
                    st.caption(DATASETS[said[path]].description)
                    if "data.moved" not in hidden:
                        moved.note(desk, shown)
                    file = own_file.choose(desk) if said[path] == OWN_CSV else file
    if hidden:
        st.caption(section("hidden").fill(count=len(hidden)))
        st.button(section("hidden.show").title, key="hidden.show", icon=":material/visibility:", on_click=show_all)
    if file is None:
        return None
    spec, notices = settle(desk.spec, said | file)
    spec, clipped = engine().limits.clip(spec)
    if notices or clipped:
        _give_way(desk, spec, (*notices, *clipped))
        st.session_state[RESEED] = spec
        st.rerun()
    return spec


def hidden_knobs(spec: RunSpec) -> frozenset[str]:
    """The knobs that the link takes off the page; the dataset stays where it needs the viewer's file."""
    needed = {"data.dataset"} if spec.data.dataset == OWN_CSV else frozenset()
    return st.session_state.get(HIDDEN, frozenset()) - needed


def show_all() -> None:
    """Show the knobs that the link has hidden; for a callback."""
    st.session_state[HIDDEN] = frozenset()


def _held() -> dict[str, Any]:
    """What the knobs say now, those that have been drawn or seeded."""
    if RESEED in st.session_state:
        seed(st.session_state.pop(RESEED))
    paths = [path for group in GROUPS.values() for path in group]
    return {path: st.session_state[key(path)] for path in paths if key(path) in st.session_state}


def _give_way(desk: Desk, spec: RunSpec, notices: tuple[str, ...]) -> None:
    desk.turn_to(spec)
    desk.notices = notices


def _widget(knob: Knob, spec: RunSpec, choices: Sequence[str] | None = None) -> Any:
    held = st.session_state.setdefault(key(knob.path), spec.value(knob.path))
    most = spec.data.n_train if knob.path == "training.batch_size" else float("inf")
    return widget(knob, key(knob.path), held, why=idle(knob.path, spec), most=most, choices=choices)


def widget(
    knob: Knob,
    name: str,
    held: Any,
    *,
    why: str | None = None,
    most: float = float("inf"),
    choices: Sequence[str] | None = None,
) -> Any:
    """The widget `name` of a knob that shows `held`; `why`: the section of text that says what disables it.

    `most`: a further upper end; `choices`: those of the knob's that are offered.  `held` is the default as well: what
    was set in another run of the page, or in one that was cut short, reaches the browser only so.
    """
    path = knob.path
    help_text = knob.help + (f"\n\n*{section(why).body}*" if why else "")
    label = f"{knob.label} {knob.symbol}".strip()
    common: dict[str, Any] = {"label": label, "key": name, "help": help_text, "disabled": why is not None}
    if knob.choices:
        offered = knob.choices if choices is None else choices
        index = offered.index(held) if held in offered else 0
        return st.selectbox(options=offered, index=index, format_func=lambda choice: _choice(path, choice), **common)
    if path.endswith("seed"):
        return st.number_input(min_value=0, max_value=LARGEST_SEED, step=1, value=held, **common)
    options = stops.stops(knob, exact={held}, most=most)
    words = functools.partial(stops.words, path)
    return st.select_slider(options=options, value=held, format_func=words, **common)


def _choice(path: str, name: str) -> str:
    return DATASETS[name].label if path == "data.dataset" else name
