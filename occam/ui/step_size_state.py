"""What one viewer asks of the page on the step size: a study a tab, its knobs, its link."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import streamlit as st

from occam.datasets import DATASETS, OWN_CSV
from occam.engine.study_book import StudyEntry
from occam.link import from_query, nearest, to_query, to_text
from occam.spec import KNOBS, Knob, RunSpec
from occam.spec.knobs import declared
from occam.studies.kinds.step_size import BatchOrders, EdgeOfStability, ErrorOrders, LandscapePaths, SwapTest
from occam.studies.spec import StudySpec
from occam.ui import controls, links, options
from occam.ui.desk import engine
from occam.ui.text import section

FILE = "step_size"
TABS: dict[str, StudySpec] = {
    "landscape": LandscapePaths(),
    "orders": ErrorOrders(),
    "batches": BatchOrders(),
    "swap": SwapTest(),
    "edge": EdgeOfStability(),
}
_NETWORK = (
    *("data.dataset", "data.n_train", "data.noise", "data.seed"),
    *("model.depth", "model.width", "model.activation", "model.init", "model.gain", "model.seed"),
)
RUN_KNOBS: dict[str, tuple[str, ...]] = {
    "landscape": (),
    "orders": _NETWORK,
    "batches": (*_NETWORK, "training.seed"),
    "swap": _NETWORK,
    "edge": ("training.step_size", "training.max_steps", *_NETWORK, "record_every"),
}
# Thousands of gradients in float64 for one picture: what still streams in seconds.
CAPS = {
    "orders": {"data.n_train": 200, "model.width": 64},
    "batches": {"data.n_train": 100, "model.width": 64},
    "swap": {"data.n_train": 500, "model.width": 128},
    "edge": {"data.n_train": 500, "model.width": 128, "training.max_steps": 20_000},
}
AT_KEY = "step.at"
AT, TAB, RESEED = "at", "tab", "step.reseed"
FULL = 100  # the end of the time slider
VIEW = {"window": ("whole", "end"), "size": options.OPTIONS["size"]}
OFFERED = tuple(name for name in DATASETS if name != OWN_CSV)


@dataclass
class State:
    """One viewer's page.

    `specs`: a study a tab; `entries`: what is asked for now, by slot; `shown`: the latest of a slot with a result, on
    screen until the next has one; `stopped`: tabs whose computing the viewer stopped; `playing_since`: when, None while
    time stands; `written`, `replaced`: the address as we left it, and the one before with its time.
    """

    tab: str = "landscape"
    specs: dict[str, StudySpec] = field(default_factory=lambda: dict(TABS))
    stopped: set[str] = field(default_factory=set)
    notices: tuple[str, ...] = ()
    playing_since: float | None = None
    written: dict[str, str] | None = None
    replaced: tuple[dict[str, str] | None, float] = (None, 0.0)
    entries: dict[str, StudyEntry] = field(default_factory=dict)
    shown: dict[str, StudyEntry] = field(default_factory=dict)

    @property
    def spec(self) -> StudySpec:
        """The study of the tab on screen."""
        return self.specs[self.tab]


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault("step_size", State())


@cache
def own_knobs(tab: str) -> Mapping[str, Knob]:
    """Knobs of the tab's own fields, by name."""
    fields = type(TABS[tab]).model_fields
    names = sorted(set(fields) - {"kind", "run"}, key=lambda name: (name != "step_size", list(fields).index(name)))
    return MappingProxyType({name: declared(f"{tab}.{name}", name, fields[name]) for name in names})


def key(tab: str, path: str) -> str:
    """The widget key of a knob of a tab."""
    return f"step.{tab}.{path}"


def value(spec: StudySpec, path: str) -> Any:
    """The value of an own field or, with a dot or as `record_every`, of the run."""
    return getattr(spec, path) if path in type(spec).model_fields else run_of(spec).value(path)


def run_of(spec: StudySpec) -> RunSpec:
    """The run that a study is about."""
    return getattr(spec, "run", RunSpec())


def seed(tab: str, spec: StudySpec) -> None:
    """Make the tab's widgets show `spec`; call before they are made."""
    for path in (*own_knobs(tab), *RUN_KNOBS[tab]):
        st.session_state[key(tab, path)] = value(spec, path)


def wish(page: State) -> None:
    """Draw the knobs of the tab and take over what they say; a start over with a notice where it cannot be had."""
    tab, spec = page.tab, page.spec
    if st.session_state.pop(RESEED, None) == tab:
        seed(tab, spec)
    with st.expander(section(f"group.{tab}", FILE).title, expanded=True):
        said = {path: _widget(tab, path, knob, spec) for path, knob in own_knobs(tab).items()}
        first = RUN_KNOBS[tab][:2] if tab == "edge" else ()
        run = {path: _widget(tab, path, KNOBS[path], spec) for path in first}
    for group, part in (("group.data", "data."), ("group.network", "model."), ("group.other", "")):
        paths = [path for path in RUN_KNOBS[tab] if path.startswith(part) and path not in run]
        if paths:
            with st.expander(section(group, FILE).title, expanded=part != ""):
                run |= {path: _widget(tab, path, KNOBS[path], spec) for path in paths}
    changed = spec.model_copy(update=said)
    if run:
        settled, notices = controls.settle(run_of(spec), run)
        settled, clipped = clip(tab, settled)
        changed = changed.model_copy(update={"run": settled})
        if notices or clipped:
            take(page, tab, changed)
            page.notices = (*notices, *clipped)
            st.session_state[RESEED] = tab
            st.rerun()
    if changed != spec:
        take(page, tab, changed)


def take(page: State, tab: str, spec: StudySpec) -> None:
    """Turn the tab to another study: it computes again, and what was said about the former no longer holds."""
    page.specs[tab] = type(spec).model_validate(spec.model_dump())
    page.stopped.discard(tab)
    page.notices = ()
    page.playing_since = None


def clip(tab: str, run: RunSpec) -> tuple[RunSpec, tuple[str, ...]]:
    """The nearest run that this tab and this server allow, and what had to change."""
    limits = engine().limits
    most = {path: min(cap, limits.most.get(path, cap)) for path, cap in CAPS.get(tab, {}).items()}
    return replace(limits, most={**limits.most, **most}).clip(run)


def _widget(tab: str, path: str, knob: Knob, spec: StudySpec) -> Any:
    name = key(tab, path)
    held = st.session_state.setdefault(name, value(spec, path))
    why = controls.idle(path, run_of(spec)) if path in KNOBS and not path.startswith("training") else None
    return controls.widget(knob, name, held, why=why, choices=OFFERED if path == "data.dataset" else None)


def arrive(page: State) -> None:
    """Follow the address, if it is not the one we wrote."""
    params = st.query_params.to_dict()
    before, when = page.replaced
    if params == page.written or (params == before and time.monotonic() - when < links.LATE):
        return
    page.written = params
    tab = params.get(TAB, page.tab)
    notices: list[str] = []
    if tab not in TABS:
        notices.append(section("link.option").fill(name=TAB, text=tab[:40], allowed=", ".join(TABS), used="landscape"))
        tab = "landscape"
    for name, allowed in VIEW.items():
        text = str(params.get(name, st.session_state.get(options.key(name), allowed[0])))
        if text not in allowed:
            words = {"name": name, "text": text[:40], "allowed": ", ".join(allowed), "used": allowed[0]}
            notices.append(section("link.option").fill(**words))
            text = allowed[0]
        st.session_state[options.key(name)] = text
    spec, said = read(tab, params, page.specs[tab])
    take(page, tab, spec)
    seed(tab, page.specs[tab])
    st.session_state["step.tab"] = page.tab = tab
    at, misread = _at(params.get(AT))
    st.session_state[AT_KEY] = at
    page.notices = (*notices, *said, *misread)


def read(tab: str, params: Mapping[str, str], held: StudySpec) -> tuple[StudySpec, tuple[str, ...]]:
    """The tab's study as a link asks for it: named knobs, the rest as `held`; sentences for what was adjusted."""
    notices: list[str] = []
    own: dict[str, Any] = {}
    for name, knob in own_knobs(tab).items():
        if name in params:
            own[name], sentence = nearest(knob, params[name])
            notices += [sentence] if sentence else []
    spec = held.model_copy(update=own)
    shown = {KNOBS[path].query for path in RUN_KNOBS[tab]}
    if shown:
        wanted = {name: text for name, text in params.items() if name in shown}
        if wanted.get("dataset") == OWN_CSV:
            del wanted["dataset"]
            notices.append(section("link.csv", FILE).body)
        run, said = from_query(to_query(run_of(held)) | wanted)
        run, clipped = clip(tab, run)
        spec = spec.model_copy(update={"run": run})
        notices += [*said, *clipped]
    known = {TAB, AT, "v", *VIEW, *own_knobs(tab), *shown}
    notices += [f"{name[:40]}: not a setting; ignored." for name in params if name not in known]
    return spec, tuple(notices)


def _at(text: str | None) -> tuple[int, tuple[str, ...]]:
    if text is None:
        return FULL, ()
    if text.isdecimal() and int(text[:9]) <= FULL:
        return int(text), ()
    return FULL, (section("link.at", FILE).fill(text=text[:40]),)


def query(page: State) -> dict[str, str]:
    """The address of what is on screen: the tab, all its knobs, the options, the time."""
    spec, tab = page.spec, page.tab
    wanted = {TAB: tab, "v": "1"}
    wanted |= {name: to_text(getattr(spec, name), knob) for name, knob in own_knobs(tab).items()}
    wanted |= {KNOBS[path].query: to_text(run_of(spec).value(path), KNOBS[path]) for path in RUN_KNOBS[tab]}
    wanted |= {name: st.session_state.get(options.key(name), allowed[0]) for name, allowed in VIEW.items()}
    if tab == "landscape" and page.playing_since is None:
        wanted[AT] = str(st.session_state.get(AT_KEY, FULL))
    return wanted


def leave(page: State) -> None:
    """Write the address."""
    wanted = query(page)
    if wanted != st.query_params.to_dict():
        page.replaced = (page.written, time.monotonic())
        st.query_params.from_dict(wanted)
    page.written = wanted
