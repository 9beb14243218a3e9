"""What one viewer asks of the page on the input penalty: a run, knobs of the studies, choices; all in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import streamlit as st

from occam.link import VERSION, nearest, to_text
from occam.spec import SCHEMA_VERSION, Knob, RunSpec
from occam.spec.knobs import declared
from occam.studies.kinds.input_penalty import (
    ARMS,
    MOONS,
    FirstOrder,
    FourArms,
    PairedSeeds,
    PenaltyAngles,
    Robustness,
)
from occam.studies.spec import StudySpec
from occam.ui import controls, options, study_link
from occam.ui.desk import Desk
from occam.ui.study_link import Address
from occam.ui.study_panel import Panel
from occam.ui.text import section

FILE = "input_penalty"
STUDIES: dict[str, type[StudySpec]] = {
    "arms": FourArms,
    "orders": FirstOrder,
    "attacks": Robustness,
    "angles": PenaltyAngles,
    "seeds": PairedSeeds,
}
CHOICES = {  # name in the link → what is allowed, the first being the default
    "tab": tuple(STUDIES),
    "compare": ("time", "loss"),
    "map": ("boundary", "slopes"),
    "method": ("pgd", "fgsm"),
    "norm": ("l2", "linf"),
    "size": options.OPTIONS["size"],
}
_OWN = {"factor": FourArms, "steps": FirstOrder, "radius": Robustness, "attack": PairedSeeds, "seeds": PairedSeeds}
OWN: Mapping[str, Knob] = MappingProxyType(
    {name: declared(f"input.{name}", name, kind.model_fields[name]) for name, kind in _OWN.items()}
)
GROUPS = {
    "group.penalty": ("training.input_penalty",),
    "group.data": ("data.dataset", "data.n_train", "data.noise", "data.n_test", "data.seed"),
    "group.network": (
        *("model.depth", "model.width", "model.activation"),
        *("model.init", "model.gain", "model.seed"),
    ),
    "group.training": (
        *("training.step_size", "training.max_steps", "training.batch_size"),
        *("training.param_penalty", "training.weight_decay", "training.seed"),
    ),
}
RUN = tuple(path for paths in GROUPS.values() for path in paths)
# Several runs for one picture: what still streams in seconds.
CAPS = {"data.n_train": 1000, "data.n_test": 2000, "model.width": 128, "training.max_steps": 20_000}
ENOUGH = {"arms": len(ARMS), "orders": 1, "attacks": 3, "angles": 3, "seeds": 1}  # results that replace the old picture
PREFIX, RESEED = "input.", "input.reseed"


@dataclass
class State(Panel):
    """One viewer's page.

    `run`: ε and all that the arms share; `own`: knobs of the studies; `chosen`: a choice each; `address`: as left.
    """

    run: RunSpec = MOONS
    own: dict[str, Any] = field(default_factory=lambda: {name: knob.default for name, knob in OWN.items()})
    chosen: dict[str, str] = field(default_factory=lambda: {name: allowed[0] for name, allowed in CHOICES.items()})
    address: Address = field(default_factory=Address)

    @property
    def tab(self) -> str:
        """The tab on screen."""
        return self.chosen["tab"]

    @property
    def spec(self) -> StudySpec:
        """The study of the tab on screen."""
        kind = STUDIES[self.tab]
        own = {name: value for name, value in self.own.items() if name in kind.model_fields}
        if "norm" in kind.model_fields:
            own["norm"] = self.chosen["norm"]
        return kind(**{"run": self.run, **own})

    def studies(self, desk: Desk) -> dict[str, StudySpec]:
        """The study of the tab."""
        return {self.tab: self.spec}

    def enough(self, slot: str) -> int:
        """So many results replace the picture before."""
        return ENOUGH[slot]


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault(FILE, State())


def key(name: str) -> str:
    """The widget key of a knob or a choice."""
    return options.key(name) if name == "size" else PREFIX + name


def segments(page: State, name: str, **look: Any) -> None:
    """A row of buttons, one a choice."""
    _held(name, page.chosen[name])
    words = section(f"choice.{name}", FILE)
    st.segmented_control(
        words.title,
        CHOICES[name],
        default=page.chosen[name],  # as well: what is set in a run that is cut short never reaches the browser
        key=key(name),
        required=True,
        format_func=lambda one: section(f"{name}.{one}", FILE).title,
        help=words.body or None,
        **look,
    )


def seed(page: State) -> None:
    """Make the knobs show what the page is about; call before they are made."""
    for path in RUN:
        st.session_state[key(path)] = page.run.value(path)
    for name, value in page.own.items():
        st.session_state[key(name)] = value


def wish(desk: Desk, page: State) -> None:
    """Draw the knobs and take over what they say; a start over with a notice where it cannot be had."""
    if st.session_state.pop(RESEED, False):
        seed(page)
    asked: dict[str, Any] = {}
    missing = False
    for group, paths in GROUPS.items():
        with st.expander(section(group, FILE).title, expanded=group == "group.penalty"):
            knobs = study_link.widgets(desk, page.run, paths, PREFIX)
            missing |= knobs is None
            asked |= knobs or {}
            if group == "group.penalty":
                _own(page)
    if missing:
        return
    run, notices = controls.settle(page.run, asked)
    run, clipped = study_link.clip(run, CAPS)
    if run != page.run:
        page.notices = ()
    page.run = run
    if notices or clipped:
        page.notices = (*notices, *clipped)
        st.session_state[RESEED] = True
        st.rerun()


def _own(page: State) -> None:
    for name, knob in OWN.items():
        if name in STUDIES[page.tab].model_fields:
            page.own[name] = controls.widget(knob, key(name), _held(name, page.own[name]))


def _held(name: str, value: Any) -> Any:
    return st.session_state.setdefault(key(name), value)


def arrive(page: State) -> None:
    """Take over what was just chosen, then follow the address, if it is not the one we wrote."""
    page.chosen |= {name: st.session_state[key(name)] for name in CHOICES if key(name) in st.session_state}
    first = page.address.written is None
    params = page.address.news()
    if not first and not params:
        if key("training.input_penalty") not in st.session_state:
            seed(page)  # back from another page of the app
        return
    page.run, page.own, page.chosen, page.notices = read(params or {})
    for name, text in page.chosen.items():
        st.session_state[key(name)] = text
    seed(page)


def read(params: Mapping[str, str]) -> tuple[RunSpec, dict[str, Any], dict[str, str], tuple[str, ...]]:
    """Run, own knobs and choices of a link, the page's defaults where it says nothing, and what was adjusted."""
    notices: list[str] = []
    own = {name: knob.default for name, knob in OWN.items()}
    chosen = {name: allowed[0] for name, allowed in CHOICES.items()}
    shown = study_link.names(RUN) | {VERSION}
    for name, text in params.items():
        if name in OWN:
            own[name], sentence = nearest(OWN[name], text)
            notices += [sentence] if sentence else []
        elif name in CHOICES and text in CHOICES[name]:
            chosen[name] = text
        elif name in CHOICES:
            words = {"name": name, "text": text[:40], "allowed": ", ".join(CHOICES[name]), "used": chosen[name]}
            notices.append(section("link.option").fill(**words))
        elif name not in shown:
            notices.append(section("link.unknown", FILE).fill(name=name[:40]))
    run, said = study_link.read(params, MOONS, RUN, CAPS)
    return run, own, chosen, (*notices, *said)


def shows(page: State, link: Mapping[str, str]) -> bool:
    """Whether the study on screen is the one that a link opens."""
    run, own, chosen, _ = read(link)
    return State(run=run, own=own, chosen=chosen).spec == page.spec


def leave(page: State) -> None:
    """Write the address of what is on screen: every knob and every choice."""
    query = {VERSION: str(SCHEMA_VERSION)} | page.chosen
    query |= {name: to_text(value, OWN[name]) for name, value in page.own.items()}
    page.address.write(query | study_link.query(page.run, RUN))
