"""What one viewer asks of the page on one dimension beside the run: tab, arms, measure, seeds; all in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import streamlit as st

from occam.datasets import DATASETS
from occam.link import nearest, to_text
from occam.spec import Knob
from occam.spec.knobs import declared
from occam.studies.kinds.one_dimension import (
    CURVE,
    PRESETS,
    TIMES,
    CurveArms,
    LinearControl,
    StableEnds,
    at_equal_time,
    few_points,
    own_arms,
    ten_points,
)
from occam.studies.spec import StudySpec
from occam.ui import controls
from occam.ui.desk import Desk, engine
from occam.ui.links import Own
from occam.ui.study_panel import Panel
from occam.ui.text import section

FILE = "one_dimension"
CURVES = tuple(name for name, data in DATASETS.items() if data.is_curve)
CHOICES: dict[str, tuple[str, ...]] = {  # name in the link → what is allowed, the first being the default
    "tab": ("curve", "regimes", "control", "stable"),
    "arms": ("presets", "more"),
    "compare": ("loss", "time"),
    "measure": ("excess", "arc", "energy"),
}
SLOTS = {"presets": ("regime", "null", "counter"), "more": ("over_scaled", "own")}  # by the choice "arms"
OWN_TIME = 80.0  # of the own run's arms, where it has no stop time
_OWN = {"seeds": CurveArms, "first_seed": CurveArms}
KNOBS: Mapping[str, Knob] = MappingProxyType(
    {name: declared(f"curve.{name}", name, kind.model_fields[name]) for name, kind in _OWN.items()}
)


@dataclass
class State(Panel):
    """One viewer's page.  `chosen`: a choice each; `own`: knobs of the studies; `picked`: the sample to move."""

    chosen: dict[str, str] = field(default_factory=lambda: {name: allowed[0] for name, allowed in CHOICES.items()})
    own: dict[str, Any] = field(default_factory=lambda: {name: knob.default for name, knob in KNOBS.items()})
    picked: int | None = None

    @property
    def tab(self) -> str:
        """The tab on screen."""
        return self.chosen["tab"]

    def studies(self, desk: Desk) -> dict[str, StudySpec]:
        """The studies of the tab, by slot."""
        run = engine().limits.clip(desk.spec)[0]
        if self.tab == "control":
            return {"control": LinearControl(run=ten_points(run))}
        if self.tab == "stable":
            return {"stable": StableEnds(run=few_points(run))}
        if self.tab == "curve":
            return {}
        own = CurveArms(run=own_arms(run), stabilities=(0.5, 1.0, 1.9, 4.0, 8.0))
        specs = {**PRESETS, "own": own}
        if self.chosen["compare"] == "time":
            times = {**TIMES, "own": run.training.stop_time or OWN_TIME}
            specs = {name: at_equal_time(spec, times[name]) for name, spec in specs.items()}
        return {name: specs[name].model_copy(update=self.own) for name in SLOTS[self.chosen["arms"]]}


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault("one_dimension", State())


def key(name: str) -> str:
    """The widget key of a choice or a knob."""
    return f"curve.{name}"


def segments(name: str, **look: Any) -> None:
    """A row of buttons, one a choice."""
    page, label = state(), section(f"choice.{name}", FILE)
    st.session_state[key(name)] = page.chosen[name]
    st.segmented_control(
        label.title,
        CHOICES[name],
        key=key(name),
        default=page.chosen[name],  # as well: what is set in a run that is cut short never reaches the browser
        required=True,
        format_func=lambda one: section(f"{name}.{one}", FILE).title,
        help=label.body or None,
        on_change=_choose,
        args=(name,),
        **look,
    )


def _choose(name: str) -> None:
    state().chosen[name] = st.session_state[key(name)]


def knobs() -> None:
    """The knobs of the paired seeds."""
    page = state()
    for name, knob in KNOBS.items():
        held = st.session_state.setdefault(key(name), page.own[name])
        page.own[name] = controls.widget(knob, key(name), held)


def only_curves(desk: Desk) -> None:
    """Turn from a run of other data, brought along from another page or by a link, to the default curve."""
    if desk.spec.data.dataset in CURVES:
        return
    label = DATASETS[desk.spec.data.dataset].label
    controls.seed(CURVE)
    desk.turn_to(CURVE, desk.to_last)
    if "dataset" in st.query_params:
        desk.notices = (section("not_a_curve", FILE).fill(dataset=label),)


def _seed(params: Mapping[str, str]) -> tuple[str, ...]:
    page, notices = state(), []
    for name, allowed in CHOICES.items():
        text = params.get(name, allowed[0])
        if text not in allowed:
            words = {"name": name, "text": text[:40], "allowed": ", ".join(allowed), "used": allowed[0]}
            notices.append(section("link.option").fill(**words))
            text = allowed[0]
        st.session_state[key(name)] = page.chosen[name] = text
    for name, knob in KNOBS.items():
        value, sentence = nearest(knob, params[name]) if name in params else (knob.default, None)
        st.session_state[key(name)] = page.own[name] = value
        notices += [sentence] if sentence else []
    return tuple(notices)


def _query() -> dict[str, str]:
    page = state()
    return page.chosen | {name: to_text(page.own[name], knob) for name, knob in KNOBS.items()}


OWN = Own(frozenset((*CHOICES, *KNOBS)), _seed, _query)
