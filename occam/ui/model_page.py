"""One viewer's imported model: where the weights come from, what they are measured on, how that is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, layers, slopes
from occam.charts.chart import Chart
from occam.engine.study_book import StudyEntry
from occam.glossary import METRICS
from occam.link import VERSION
from occam.model_file import Model, ModelFault, read_model
from occam.spec import SCHEMA_VERSION, Activation, RunSpec
from occam.studies.kinds.imported_model import ImportedModel
from occam.theory.proof import OVER
from occam.training.frames import Recording
from occam.ui import cards, controls, links, options, pace, scene, study_link
from occam.ui.desk import Desk, engine
from occam.ui.text import Section, section
from occam.ui.words import meaning, number, share

FILE = "import_model"
PREFIX, UPLOAD, ACTIVATION = "model.", "model.file", "model.activation"
PATHS = ("data.dataset", "data.n_train", "data.noise", "data.n_test", "data.seed")
CAPS: Mapping[str, int] = {"data.n_train": 2000, "data.n_test": 2000}  # the Hessian of a large model takes seconds
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
PLOT = 230  # pixels: maps, numbers and the heads of the bound fit into 720 lines
CHARTS = ("boundary", "slopes", "layers")
HEADLINES = {
    "loss": ("train_loss", "test_loss"),
    "error": ("train_error", "test_error"),
    "complexity": ("geometric_complexity",),
    "energy": ("dirichlet_energy",),
}


@dataclass
class State:
    """`run`: its data are what is measured on; `followed`: the run on the desk that they were taken from; `shown`: the
    last study with a result, on screen until the next one has one.
    """

    run: RunSpec = field(default_factory=RunSpec)
    activation: Activation = "tanh"
    notices: tuple[str, ...] = ()
    followed: RunSpec | None = None
    address: study_link.Address = field(default_factory=study_link.Address)
    shown: StudyEntry | None = None


def text(name: str) -> Section:
    """A section of the page's text."""
    return section(name, FILE)


def state() -> State:
    """This session's state of the page."""
    return st.session_state.setdefault(FILE, State())


def arrive(desk: Desk, page: State) -> None:
    """Follow the address; without one, the data and the activation of the run on the desk."""
    links.elsewhere(FILE)
    if desk.look is None:
        desk.turn_to(desk.spec, desk.to_last)
        desk.poll()
    params = page.address.news()
    if params:
        known = {name: value for name, value in params.items() if name != "activation"}
        page.run, page.notices = study_link.read(known, RunSpec(), PATHS, CAPS)
        page.activation = _activation(params.get("activation"))
    elif st.session_state.get(UPLOAD) is None and page.followed != desk.spec:
        page.run, page.notices = study_link.clip(desk.spec, CAPS)
        page.activation = desk.spec.model.activation
    elif ACTIVATION in st.session_state:
        return
    page.followed = desk.spec
    for path in PATHS:
        st.session_state[PREFIX + path] = page.run.value(path)
    st.session_state[ACTIVATION] = page.activation


def _activation(name: str | None) -> Activation:
    known: dict[str | None, Activation] = {known: known for known in ACTIVATIONS}
    return known.get(name, ACTIVATIONS[0])


def leave(page: State) -> None:
    """Write the address: data and activation; the weights are the viewer's own."""
    query = {VERSION: str(SCHEMA_VERSION), "activation": page.activation, **study_link.query(page.run, PATHS)}
    page.address.write(query)


def wish(desk: Desk, page: State) -> Model | None:
    """Draw the sidebar; the model to measure, None while there is none."""
    words = text("file")
    upload = st.file_uploader(words.title, type=["npz", "safetensors"], key=UPLOAD, help=words.body)
    with st.popover(text("help").title, icon=":material/help:"):
        st.markdown(text("help").body)
    st.session_state.setdefault(ACTIVATION, page.activation)
    label = text("activation")
    page.activation = _activation(st.selectbox(label.title, ACTIVATIONS, key=ACTIVATION, help=label.body))
    with st.expander(text("group.data").title, expanded=True):
        said = study_link.widgets(desk, page.run, PATHS, PREFIX)
    if said is not None:
        run, notices = controls.settle(page.run, said)
        run, clipped = study_link.clip(run, CAPS)
        if run != page.run:
            page.run, page.notices = run, (*notices, *clipped)
    if upload is None:
        return _from_desk(desk)
    try:
        return read_model(upload.getvalue())
    except ModelFault as fault:
        st.session_state["model.fault"] = str(fault)
        return None


def _from_desk(desk: Desk) -> Model | None:
    look = desk.look
    if look is None:
        return None
    sizes = look.header.sizes
    return Model(sizes, (True,) * (len(sizes) - 1), look.frames[-1].params.astype(np.float64))


def told(page: State, model: Model | None) -> None:
    """What the model is, and what is wrong with the file."""
    fault = st.session_state.pop("model.fault", None)
    if fault is not None:
        st.error(f"**{text('refused').title}.** {fault}", icon=":material/block:")
    if page.notices:
        st.warning("  \n".join(page.notices), icon=":material/info:")
    if model is not None:
        name = "from_desk" if st.session_state.get(UPLOAD) is None else "from_file"
        sizes = " → ".join(map(str, model.sizes))
        st.caption(text(name).fill(sizes=sizes, parameters=f"{model.parameters:,}".replace(",", "\u202f")))


def places() -> dict[str, DeltaGenerator]:
    """Where what is measured stands: two maps, numbers, the bound beside the table of all numbers."""
    made: dict[str, DeltaGenerator] = {"state": st.container()}
    for names in (("boundary", "slopes"), ("layers", "numbers")):
        for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
            with column:
                words = text("numbers") if name == "numbers" else section(name)
                cards.heading(f"model.{name}", words, lambda name=name: table(state(), name))
                made[name] = st.container()
        if names[0] == "boundary":
            made["headlines"] = st.container(key="headlines")
    return made


def run(desk: Desk, page: State, model: Model | None, made: Mapping[str, DeltaGenerator]) -> None:
    """Ask for the measurement, draw it, and again at every poll until it is there."""
    spec = None if model is None else ImportedModel.of(model, page.activation, page.run.data)
    live = spec is not None and not _ask(desk, page, spec).over
    st.fragment(_poll, run_every=pace.begin("fast", live))(desk, page, spec, made, live)


def _ask(desk: Desk, page: State, spec: ImportedModel) -> StudyEntry:
    entry = engine().study(desk.viewer, spec, csv=desk.csv)
    entry.wait(1, 0.2)
    if entry.results:
        page.shown = entry
    return entry


def _poll(desk: Desk, page: State, spec: ImportedModel | None, made: Mapping[str, DeltaGenerator], live: bool) -> None:
    with pace.TURN:
        pace.keep("fast")
        entry = None if spec is None else _ask(desk, page, spec)
        with made["state"]:
            if entry is not None and entry.fault:
                st.error(entry.fault, icon=":material/block:")
            elif entry is not None and not entry.over:
                st.caption(text("waiting").body)
            else:
                st.empty()
        shown = page.shown if entry is not None and not entry.fault else None
        if shown is None:
            scene.reserve(made, *CHARTS, "numbers", "headlines")
        else:
            _draw(shown.key, shown.results[0], made)
    if live and entry is not None and entry.over:
        st.rerun()


def _draw(key: str, found: Recording, made: Mapping[str, DeltaGenerator]) -> None:
    style, at = options.style(), (f"model.{key}", found.header, found.frames, 0)
    drawn: dict[str, Chart] = {
        "boundary": boundary.draw(*at, style=style),
        "slopes": slopes.draw(*at, style=style),
        "layers": layers.draw(*at, style=style),
    }
    for name, chart in drawn.items():
        with made[name]:
            scene.show(chart, f"model.{name}", PLOT if name != "layers" else None)
    with made["headlines"]:
        st.html(_headlines(found))
    with made["numbers"]:
        st.markdown(_verdict(found))
        st.dataframe(numbers(found), hide_index=True, height=250)


def _headlines(found: Recording) -> str:
    metrics, tiles = found.frames[0].metrics, []
    for name, of in HEADLINES.items():
        if name == "error" and found.header.task == "regression":
            continue
        write = share if name == "error" else number
        value = " · ".join(write(metrics[metric]) for metric in of)
        tiles.append(f"<div><dt>{section(f'number.{name}').title}</dt><dd>{value}</dd></div>")
    tiles.append(f"<div><dt>{METRICS['sharpness'].label} λ_max</dt><dd>{number(metrics['sharpness'])}</dd></div>")
    return f"<dl>{''.join(tiles)}</dl>"


def _verdict(found: Recording) -> str:
    bounds = found.frames[0].bounds.astype(float)
    if np.isnan(bounds[:, :, 4]).all():
        return f"**{text('silent').title}.** {text('silent').body}"
    most, median = float(np.nanmax(bounds[:, :, 4])), float(np.nanmax(bounds[:, :, 2]))
    name = "bounds" if most <= OVER else "broken"
    said = text(name).fill(layers=len(bounds), most=number(most), median=number(median))
    return f"**{text(name).title}.** {said}"


def numbers(found: Recording) -> pd.DataFrame:
    """A row a quantity that a network has: name, symbol, value, what it is."""
    metrics = found.frames[0].metrics
    rows = [
        (METRICS[name].label, METRICS[name].symbol, value, meaning(name))
        for name, value in metrics.items()
        if name != "step" and not math.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["Quantity", "Symbol", "Value", "Definition"])


def table(page: State, name: str) -> pd.DataFrame | None:
    """The data behind one card."""
    if page.shown is None or not page.shown.results:
        return None
    found: Recording = page.shown.results[0]
    if name == "numbers":
        return numbers(found)
    module = {"boundary": boundary, "slopes": slopes, "layers": layers}[name]
    return module.table(found.header, found.frames, 0)
