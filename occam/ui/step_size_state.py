"""What one viewer asks of the page on the step size: a study a tab, its knobs, its link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

import streamlit as st

from occam.link import VERSION, nearest, to_text
from occam.spec import SCHEMA_VERSION, Knob, RunSpec
from occam.spec.knobs import declared
from occam.studies.kinds.step_size import (
    BatchOrders,
    EdgeOfStability,
    ErrorOrders,
    LandscapeEnds,
    LandscapePaths,
    SwapTest,
)
from occam.studies.spec import StudySpec
from occam.ui import controls, options, study_link
from occam.ui.desk import Desk
from occam.ui.study_link import Address
from occam.ui.study_panel import Panel
from occam.ui.text import section

FILE = "step_size"
TABS: dict[str, StudySpec] = {
    "landscape": LandscapePaths(),
    "orders": ErrorOrders(),
    "batches": BatchOrders(),
    "swap": SwapTest(),
    "edge": EdgeOfStability(),
}
_NETWORK = {
    "group.data": ("data.dataset", "data.n_train", "data.noise", "data.seed"),
    "group.network": (
        *("model.depth", "model.width", "model.activation"),
        *("model.init", "model.gain", "model.seed"),
    ),
}
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {  # knobs of the run by tab and group; own knobs head "group.<tab>"
    "landscape": {"group.landscape": ()},
    "orders": {"group.orders": (), **_NETWORK},
    "batches": {"group.batches": (), **_NETWORK, "group.other": ("training.seed",)},
    "swap": {"group.swap": (), **_NETWORK},
    "edge": {
        "group.edge": ("training.step_size", "training.max_steps"),
        **_NETWORK,
        "group.other": ("record_every",),
    },
}
RUN_KNOBS = {tab: tuple(path for paths in groups.values() for path in paths) for tab, groups in GROUPS.items()}
# Thousands of gradients in float64 for one picture: what still streams in seconds.
CAPS = {
    "orders": {"data.n_train": 200, "model.width": 64},
    "batches": {"data.n_train": 100, "model.width": 64},
    "swap": {"data.n_train": 500, "model.width": 128},
    "edge": {"data.n_train": 500, "model.width": 128, "training.max_steps": 20_000},
}
AT_KEY, TAB_KEY = "step.at", "step.tab"
AT, TAB, RESEED = "at", "tab", "step.reseed"
FULL = 100  # the end of the time slider
VIEW = {"window": ("whole", "end"), "size": options.OPTIONS["size"]}


@dataclass
class State(Panel):
    """One viewer's page.

    `specs`: a study a tab; `playing_since`: when time was set running, None while it stands; `address`: as we left it.
    """

    tab: str = "landscape"
    specs: dict[str, StudySpec] = field(default_factory=lambda: dict(TABS))
    playing_since: float | None = None
    address: Address = field(default_factory=Address)

    @property
    def spec(self) -> StudySpec:
        """The study of the tab on screen."""
        return self.specs[self.tab]

    def studies(self, desk: Desk) -> dict[str, StudySpec]:
        """The tab's study; beside the paths on the landscape the ends of many."""
        if not isinstance(self.spec, LandscapePaths):
            return {self.tab: self.spec}
        fields = {name: getattr(self.spec, name) for name in ("a", "b", "target", "time")}
        return {"landscape": self.spec, "ends": LandscapeEnds(**fields)}

    @property
    def quick(self) -> bool:
        """Whether the tab's studies take a moment only."""
        return self.tab == "landscape"

    @property
    def animated(self) -> bool:
        """Whether time runs."""
        return self.playing_since is not None


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault("step_size", State())


@cache
def own_knobs(tab: str) -> Mapping[str, Knob]:
    """Knobs of the tab's own fields, by name."""
    fields = type(TABS[tab]).model_fields
    names = sorted(set(fields) - {"kind", "run"}, key=lambda name: (name != "step_size", list(fields).index(name)))
    return MappingProxyType({name: declared(f"{tab}.{name}", name, fields[name]) for name in names})


def prefix(tab: str) -> str:
    """What the widget keys of a tab's knobs start with."""
    return f"step.{tab}."


def value(spec: StudySpec, path: str) -> Any:
    """The value of an own field or, with a dot or as `record_every`, of the run."""
    return getattr(spec, path) if path in type(spec).model_fields else run_of(spec).value(path)


def run_of(spec: StudySpec) -> RunSpec:
    """The run that a study is about."""
    return getattr(spec, "run", RunSpec())


def seed(tab: str, spec: StudySpec) -> None:
    """Make the tab's widgets show `spec`; call before they are made."""
    for path in (*own_knobs(tab), *RUN_KNOBS[tab]):
        st.session_state[prefix(tab) + path] = value(spec, path)


def wish(desk: Desk, page: State) -> None:
    """Draw the knobs of the tab and take over what they say; a start over with a notice where it cannot be had."""
    tab, spec = page.tab, page.spec
    if st.session_state.pop(RESEED, None) == tab:
        seed(tab, spec)
    run, said, asked, missing = run_of(spec), {}, {}, False
    for group, paths in GROUPS[tab].items():
        with st.expander(section(group, FILE).title, expanded=group != "group.other"):
            if group == f"group.{tab}":
                said = {name: _widget(tab, name, knob, spec) for name, knob in own_knobs(tab).items()}
            knobs = study_link.widgets(desk, run, paths, prefix(tab))
            missing |= knobs is None
            asked |= knobs or {}
    changed = spec.model_copy(update=said)
    if asked and not missing:
        settled, notices = controls.settle(run, asked)
        settled, clipped = study_link.clip(settled, CAPS[tab])
        changed = changed.model_copy(update={"run": settled})
        if notices or clipped:
            take(page, tab, changed)
            page.notices = (*notices, *clipped)
            st.session_state[RESEED] = tab
            st.rerun()
    if changed != spec:
        take(page, tab, changed)


def take(page: State, tab: str, spec: StudySpec) -> None:
    """Turn the tab to another study: what was said about the former no longer holds."""
    page.specs[tab] = type(spec).model_validate(spec.model_dump())
    page.notices = ()
    page.playing_since = None


def _widget(tab: str, name: str, knob: Knob, spec: StudySpec) -> Any:
    key = prefix(tab) + name
    return controls.widget(knob, key, st.session_state.setdefault(key, getattr(spec, name)))


def segments() -> None:
    """The tabs as a row of buttons."""
    page = state()
    st.session_state.setdefault(TAB_KEY, page.tab)
    st.segmented_control(
        section("tabs", FILE).title,
        list(TABS),
        default=page.tab,  # as well: what is set in a run that is cut short never reaches the browser
        key=TAB_KEY,
        required=True,
        format_func=lambda name: section(f"tab.{name}", FILE).title,
        label_visibility="collapsed",
        on_change=_choose,
    )


def _choose() -> None:
    """Turn to the chosen tab; the one before goes on computing for nobody."""
    page = state()
    page.tab, page.notices = st.session_state[TAB_KEY], ()


def arrive(page: State) -> None:
    """Follow the address, if it is not the one we wrote."""
    params = page.address.news()
    if params is None:
        return
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
    spec, said = read(tab, params, TABS[tab] if params else page.specs[tab])
    take(page, tab, spec)
    seed(tab, page.specs[tab])
    st.session_state[TAB_KEY] = page.tab = tab
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
    spec, paths = held.model_copy(update=own), RUN_KNOBS[tab]
    if paths:
        run, said = study_link.read(params, run_of(held), paths, CAPS[tab])
        spec = spec.model_copy(update={"run": run})
        notices += said
    known = {TAB, AT, VERSION, *VIEW, *own_knobs(tab), *study_link.names(paths)}
    notices += [f"{name[:40]}: not a setting; ignored." for name in params if name not in known]
    return spec, tuple(notices)


def shows(page: State, link: Mapping[str, str]) -> bool:
    """Whether the study on screen is the one that a link to its tab opens."""
    return read(page.tab, link, TABS[page.tab])[0] == page.spec


def _at(text: str | None) -> tuple[int, tuple[str, ...]]:
    if text is None:
        return FULL, ()
    if text.isdecimal() and int(text[:9]) <= FULL:
        return int(text), ()
    return FULL, (section("link.at", FILE).fill(text=text[:40]),)


def query(page: State) -> dict[str, str]:
    """The address of what is on screen: the tab, all its knobs, the options, the time."""
    spec, tab = page.spec, page.tab
    wanted = {TAB: tab, VERSION: str(SCHEMA_VERSION)}
    wanted |= {name: to_text(getattr(spec, name), knob) for name, knob in own_knobs(tab).items()}
    wanted |= study_link.query(run_of(spec), RUN_KNOBS[tab])
    wanted |= {name: st.session_state.get(options.key(name), allowed[0]) for name, allowed in VIEW.items()}
    if tab == "landscape" and page.playing_since is None:
        wanted[AT] = str(st.session_state.get(AT_KEY, FULL))
    return wanted


def leave(page: State) -> None:
    """Write the address."""
    page.address.write(query(page))
