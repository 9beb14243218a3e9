"""A page of studies: the tab on screen asks for what it shows, is drawn while results come in, and can be stopped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.engine.study_book import StudyEntry
from occam.studies.kinds.step_size_verdicts import Verdict
from occam.studies.spec import StudySpec
from occam.ui import options, pace
from occam.ui.desk import Desk, engine
from occam.ui.presets import ICONS, link_presets
from occam.ui.text import section
from occam.ui.words import number

FILE, PRESET = "studies", "study.preset"
CSS = Path(__file__).with_suffix(".css")
FIRST = 0.25  # seconds a full run waits for the first result: longer waits fade the page
Places = Mapping[str, DeltaGenerator]
Results = list[Any]


@dataclass
class Panel(ABC):
    """What of one viewer's page computes.

    `stopped`: tabs that shall not compute; `notices`: what was adjusted; by slot, `entries`: what was asked for last,
    and `shown`: what is on screen.
    """

    stopped: set[str] = field(default_factory=set)
    notices: tuple[str, ...] = ()
    entries: dict[str, StudyEntry] = field(default_factory=dict)
    shown: dict[str, StudyEntry] = field(default_factory=dict)

    @property
    @abstractmethod
    def tab(self) -> str:
        """The tab on screen."""

    @abstractmethod
    def studies(self, desk: Desk) -> Mapping[str, StudySpec]:
        """The studies of the tab, by slot."""

    def enough(self, slot: str) -> int:
        """So many results replace the picture before."""
        return 1

    @property
    def quick(self) -> bool:
        """Whether the tab's studies take a moment only: neither progress nor a way to stop them is shown."""
        return False

    @property
    def animated(self) -> bool:
        """Whether the picture moves on its own."""
        return False

    def results(self, slot: str) -> tuple[str, Results]:
        """What is on screen in a slot: a key for its drawings, and all its results so far."""
        entry = self.shown.get(slot)
        return ("", []) if entry is None else (entry.key, entry.results[:])


AnyPanel = TypeVar("AnyPanel", bound=Panel)
Draw = Callable[[Desk, AnyPanel, Places], None]


def ask(desk: Desk, panel: Panel) -> bool:
    """Ask for the studies of the tab; whether something on screen is to change without a further command.

    A stop holds for what was stopped, not for other studies that the tab turns to.
    """
    moving, wanted = panel.animated, panel.studies(desk)
    if any(slot not in panel.entries or panel.entries[slot].spec != spec for slot, spec in wanted.items()):
        panel.stopped.discard(panel.tab)
    for slot, spec in wanted.items():
        if panel.tab not in panel.stopped:
            panel.entries[slot] = engine().study(desk.viewer, spec, slot=f"{spec.kind}.{slot}", csv=desk.csv)
            moving |= not panel.entries[slot].over
        entry = panel.entries[slot]
        enough = entry.over or len(entry.results) >= panel.enough(slot) or slot not in panel.shown
        if entry.results and enough:
            panel.shown[slot] = entry
    return moving


def run(
    desk: Desk,
    panel: AnyPanel,
    lay_out: Callable[[AnyPanel], Places],
    draw: Draw[AnyPanel],
    command: DeltaGenerator,
) -> None:
    """Lay out the tab, draw it, and again at every poll while something moves; in `command` the button that stops it.

    It is drawn inside the place "live", where there is one: a chart that can be clicked must stand in its fragment.
    What the server refuses is told instead.
    """
    try:
        if ask(desk, panel) and not panel.animated:
            next(iter(panel.entries[slot] for slot in panel.studies(desk))).wait(1, FIRST)
        live = ask(desk, panel)
    except ValueError as fault:  # in sentences for the viewer
        st.warning(str(fault), icon=":material/error:")
        return
    if not panel.quick and (live or panel.tab in panel.stopped):
        _button(command, desk, panel)
    places = lay_out(panel)
    with places.get("live") or st.container():
        st.fragment(_poll, run_every=pace.begin("fast", live))(desk, panel, draw, places, live)


def _poll(desk: Desk, panel: AnyPanel, draw: Draw[AnyPanel], places: Places, live: bool) -> None:
    with pace.TURN:
        pace.keep("fast")
        moving = ask(desk, panel)
        draw(desk, panel, places)
    if live and not moving:
        st.rerun()


def _button(command: DeltaGenerator, desk: Desk, panel: Panel) -> None:
    stopped = panel.tab in panel.stopped
    words = section("go" if stopped else "stop", FILE)
    icon = ":material/play_arrow:" if stopped else ":material/stop:"
    command.button(words.title, key="study.stop", icon=icon, help=words.body, on_click=stop_or_go, args=(desk, panel))


def stop_or_go(desk: Desk, panel: Panel) -> None:
    """Stop computing the tab's studies, or go on with them; for a callback."""
    if panel.tab in panel.stopped:
        panel.stopped.discard(panel.tab)
        return
    panel.stopped.add(panel.tab)
    for slot in panel.studies(desk):
        engine().leave_study(desk.viewer, panel.entries[slot])


def progress(panel: Panel, slot: str) -> None:
    """Progress of a study, its fault, or nothing; always one element, so that nothing below it moves."""
    entry = panel.entries[slot]
    if entry.fault:
        st.warning(entry.fault, icon=":material/error:")
    elif entry.over or panel.quick:
        st.empty()
    elif panel.tab in panel.stopped:
        st.caption(section("stopped", FILE).body)
    elif place := engine().queued(entry):
        st.caption(section("status.queued").fill(place=place))
    else:
        done, total = entry.progress or (0, 1)
        st.progress(min(1.0, done / total), section("computing", FILE).body)


def title(page: str, tabs: Callable[[], None]) -> DeltaGenerator:
    """The row of the page's name, its `tabs`, presets and view options; a place in it for commands."""
    st.html(CSS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
        st.markdown(f"#### {section('page', page).title}", width="content")
        tabs()
        look = {"horizontal": True, "vertical_alignment": "center", "gap": "small"}
        with st.container(horizontal_alignment="right", key="study_commands", **look):
            command = st.container(width="content", **look)
            words, found = section("presets"), link_presets(page)
            st.menu_button(
                words.title,
                list(found),
                key=PRESET,
                format_func=lambda name: found[name].entry,
                icon=":material/auto_awesome:",
                help=words.body,
                on_click=_open,
                args=(page,),
            )
            with st.popover(section("view").title, icon=":material/tune:", key="view"):
                options.segments("size")
    return command


def _open(page: str) -> None:
    link = link_presets(page)[st.session_state[PRESET]].link
    st.query_params.from_dict({**link, "size": options.choice("size")})


def told(panel: Panel, page: str, shows: Callable[[Mapping[str, str]], bool]) -> None:
    """What the tab is about, why the preset that it `shows` ends as it does, what had to be adjusted."""
    found = (preset for preset in link_presets(page).values() if preset.link["tab"] == panel.tab and shows(preset.link))
    preset = next(found, None)
    with st.container(key="why"):
        why = f"  \n{ICONS[preset.outcome]} {preset.why}" if preset is not None else ""
        st.caption(section(f"tab.{panel.tab}", page).body + why)
    with st.container(key="notices"):
        if panel.notices:
            st.warning("  \n".join(panel.notices), icon=":material/info:")


def said(verdict: Verdict, page: str) -> str:
    """A verdict in the words of a page, its numbers filled in."""
    values = {name: number(value) if isinstance(value, float) else value for name, value in verdict.values.items()}
    return section(verdict.name, page).fill(**values)
