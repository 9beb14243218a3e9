"""The address of a page of studies: what it asks for, and what the knobs of a run in its sidebar say."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from occam.datasets import OWN_CSV
from occam.link import MIGRATIONS, VERSION, from_query, migrated, to_query, to_text
from occam.spec import KNOBS, RunSpec
from occam.ui import controls, links, own_file
from occam.ui.desk import Desk, engine

OWN_FILE = ("data.csv_sha256", "data.csv_target")
NO_FILE: Mapping[str, None] = dict.fromkeys(OWN_FILE)


@dataclass
class Address:
    """The address as we left it (`written`, None before the first), and the one before with its time."""

    written: dict[str, str] | None = None
    replaced: tuple[dict[str, str] | None, float] = (None, 0.0)

    def news(self) -> dict[str, str] | None:
        """The address, if it is not one that we wrote: a first visit, a link, the browser's back button."""
        params = st.query_params.to_dict()
        before, when = self.replaced
        late = params == before and time.monotonic() - when < links.LATE
        if params == self.written or late:
            return None
        self.written = params
        return dict(migrated(params, MIGRATIONS)[0])  # what is too old for that, `from_query` tells

    def write(self, query: dict[str, str]) -> None:
        """Write what is on screen."""
        if query != st.query_params.to_dict():
            self.replaced = (self.written, time.monotonic())
            st.query_params.from_dict(query)
        self.written = query


def clip(run: RunSpec, caps: Mapping[str, int]) -> tuple[RunSpec, tuple[str, ...]]:
    """The nearest run that this page's `caps` and this server allow, and what had to change."""
    limits = engine().limits
    most = {path: min(cap, limits.most.get(path, cap)) for path, cap in caps.items()}
    return replace(limits, most={**limits.most, **most}).clip(run)


def names(paths: Collection[str]) -> set[str]:
    """What these knobs are called in a link; with the dataset comes the own file."""
    return {KNOBS[path].query for path in (*paths, *(OWN_FILE if "data.dataset" in paths else ()))}


def read(
    params: Mapping[str, str], run: RunSpec, paths: Collection[str], caps: Mapping[str, int]
) -> tuple[RunSpec, tuple[str, ...]]:
    """`run` with the knobs `paths` as a link has them, or nearly so, and a sentence for each difference."""
    known = names(paths) | {VERSION}
    wanted = {name: text for name, text in params.items() if name in known}
    base = run.replace({"data.dataset": KNOBS["data.dataset"].default, **NO_FILE}) if "dataset" in wanted else run
    found, notices = from_query(to_query(base) | wanted)
    found, clipped = clip(found, caps)
    return found, (*notices, *clipped)


def query(run: RunSpec, paths: Collection[str]) -> dict[str, str]:
    """The knobs `paths` of a run for a link."""
    shown = (*paths, *(OWN_FILE if "data.dataset" in paths and run.data.dataset == OWN_CSV else ()))
    return {KNOBS[path].query: to_text(run.value(path), KNOBS[path]) for path in shown}


def widgets(desk: Desk, run: RunSpec, paths: Collection[str], prefix: str) -> dict[str, Any] | None:
    """Draw the knobs `paths` of `run`, their keys `prefix` + path; what they say, None while an own file is missing."""
    for path in paths:
        st.session_state.setdefault(prefix + path, run.value(path))
    held = {path: st.session_state[prefix + path] for path in KNOBS if prefix + path in st.session_state}
    shown, _ = controls.settle(run, held)  # a knob that has just been turned decides at once what counts
    said: dict[str, Any] = {}
    missing = False
    for path in paths:
        # Beside a run's batches the training seed draws the noise of inputs and the variance split.
        why = controls.idle(path, shown) if path != "training.seed" else None
        most = shown.data.n_train if path == "training.batch_size" else float("inf")
        said[path] = controls.widget(KNOBS[path], prefix + path, held[path], why=why, most=most)
        if path == "data.dataset":
            file = own_file.choose(desk, run.data) if said[path] == OWN_CSV else NO_FILE
            missing = file is None
            said |= file or {}
    return None if missing else said
