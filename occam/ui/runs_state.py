"""What one viewer sees of the page of runs: which list, what is searched for, what was done last; kept in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from occam.sweeps.records import StoreFault
from occam.ui import links, runs_kept
from occam.ui.desk import Desk
from occam.ui.study_link import Address
from occam.ui.text import Section, section

FILE = "runs"
LISTS = ("session", "store")
LIST, SEARCH, TABLE = "runs.list", "runs.search", "runs.table"
LONGEST = 200  # letters of a search


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


@dataclass
class State:
    """One viewer's page.

    `said`: what the last command did, `faults`: what went wrong; `gone`: keys deleted last from the store; `round`: of
    the table's widget, whose ticks are forgotten with it.
    """

    list: str = "session"
    search: str = ""
    said: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    round: int = 0
    go: str | None = None
    address: Address = field(default_factory=Address)

    def runs(self, desk: Desk) -> pd.DataFrame:
        """All runs of the list; a store that cannot be read is an empty one and a sentence."""
        if self.list == "session":
            return runs_kept.session(desk)
        try:
            return runs_kept.stored()
        except StoreFault as fault:
            self.faults = tuple(dict.fromkeys((*self.faults, f"{fault}.")))
            return runs_kept.table.frame([])

    def done(self, *said: str, faults: Sequence[str] = ()) -> None:
        """A command was carried out: what to tell of it; ticks are forgotten."""
        self.said, self.faults, self.round = said, tuple(faults), self.round + 1

    @property
    def table(self) -> str:
        """The key of the table's widget: another one for another content, so that no tick moves to another run."""
        return f"{TABLE}.{self.list}.{self.search}.{self.round}"


def state() -> State:
    """This session's page."""
    return st.session_state.setdefault("runs", State())


def arrive(page: State, desk: Desk) -> None:
    """Follow the address if it is not the one we wrote; who has opened nothing yet sees the store."""
    links.elsewhere(FILE)
    first, params = page.address.written is None, page.address.news()
    if (
        first
        and not params
        and not desk.history.opened
        and not runs_kept.hosted()
        and runs_kept.default_path().exists()
    ):
        page.list = "store"
    if params:
        asked = params.get("list", page.list)
        allowed = LISTS[:1] if runs_kept.hosted() else LISTS
        page.list = asked if asked in allowed else LISTS[0]
        page.search = params.get("search", "")[:LONGEST]
        wrong = text("link.list").fill(text=asked[:40], used=text(f"list.{LISTS[0]}").title)
        page.faults = () if asked in allowed else (wrong,)
    st.session_state[LIST], st.session_state[SEARCH] = page.list, page.search


def leave(page: State) -> None:
    """Write the address of what is on screen."""
    page.address.write({"list": page.list} | ({"search": page.search} if page.search else {}))


def choose() -> None:
    """Another list or another search; what was said before is over."""
    page = state()
    page.list = st.session_state[LIST]
    page.search = " ".join(st.session_state[SEARCH].split())[:LONGEST]
    page.said = page.faults = ()
