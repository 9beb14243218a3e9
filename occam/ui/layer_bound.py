"""The layer bound's page: where its numbers come from, the main act, and the panels below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import gradients, layer_bound, layer_bound_band, layer_bound_chain, layer_bound_pick, layers
from occam.charts.chart import Chart
from occam.charts.words import pretty
from occam.studies.defaults import DEFAULTS
from occam.studies.kinds.layer_bound import LayerProof
from occam.theory.proof import OVER, Proof
from occam.ui import cards, layer_bound_words, options, planes, scene
from occam.ui.desk import Desk, Look, engine
from occam.ui.layer_bound_state import FILE, LAYER, SAMPLE, SCALAR, Wish, fit, key, scalars
from occam.ui.steady import Steady
from occam.ui.text import section
from occam.ui.words import number

CSS = Path(__file__).with_name("layer_bound.css")
PLOT = 245  # pixels of the plot beside the proof: both and the headlines fit into 720 lines
HELD, CLICKED = "bound.held", "bound.clicked"
ROWS = (("ratios", "band"), ("slack", "chain"), ("medians", "gradients"))
OF_PROOFS = (
    "headlines",
    "verdict",
    "claimed",
    "ratios",
    "slack",
    "chain",
    "shortcut",
    "batch",
)  # places that need the trainer
OF_FRAMES = ("band", "medians", "gradients")


@dataclass(frozen=True)
class Known:
    """The proof of one picture: `key` names run, step and f."""

    key: str
    step: int
    proof: Proof


def known(desk: Desk, look: Look, of: int | None) -> Known | None:
    """The proof of the picture on screen; while the trainer computes it the last one of this run; None without any."""
    name = f"{look.entry.key}|{look.frame.step}|{of}"
    slot = f"{HELD}.{of}"
    held: Known | None = st.session_state.get(slot)
    if held is None or held.key != name:
        proof = _stored(desk, look, of) or planes.ask(desk, look, "proof", slot=f"proof.{of}", of=of)
        if proof is not None:
            held = st.session_state[slot] = Known(name, look.frame.step, proof)
    return held if held is not None and held.key.split("|")[0] == look.entry.key else None


def _stored(desk: Desk, look: Look, of: int | None) -> Proof | None:
    wanted = LayerProof(run=look.entry.spec, step=look.frame.step)
    if wanted not in DEFAULTS or of not in (0, None):
        return None
    results = engine().study(desk.viewer, wanted).results[:]
    return next((proof for proof in results if proof.of == of), None)


def choices(desk: Desk) -> Wish | None:
    """The row of controls: sample, layer, f, norm; None while there is no picture to choose in."""
    look = desk.look
    if look is None:
        return None
    header = look.header
    wish = fit(desk, header)
    n, count = len(header.y_train), len(header.sizes) - 1
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="bound_choices"):
        for name, most in ((SAMPLE, n), (LAYER, count)):
            words = section(name, FILE)
            label, held = f"{words.title} (1–{most})", st.session_state[key(name)]
            st.number_input(
                label, min_value=1, max_value=max(most, held), step=1, key=key(name), help=words.body, width=150
            )
        words = section("f", FILE)
        st.selectbox(
            words.title, scalars(header), key=key(SCALAR), format_func=lambda name: _scalar(name, header.sizes[-1]),
            help=words.body, width=190,
        )  # fmt: skip
        options.segments("norm")
    return wish


def _scalar(name: str, outputs: int) -> str:
    if name == "loss":
        return section("f.loss", FILE).title
    return section("f.output", FILE).title if outputs == 1 else section("f.one", FILE).title.format(number=name)


def places(desk: Desk, wish: Wish | None) -> dict[str, DeltaGenerator]:
    """Make the panels below the main act; what will fill them, by name."""
    made: dict[str, DeltaGenerator] = {"headlines": st.container(key="headlines"), "verdict": st.container()}
    for names in ROWS:
        for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
            with column:
                cards.heading(f"bound.{name}", section(name, FILE), _table(desk, name))
                if name == "ratios":
                    layer_bound_words.claim_controls(wish)
                made[name] = st.container()
                if name == "ratios":
                    made["claimed"] = st.container()
    return made


def _table(desk: Desk, name: str) -> Any:
    def table() -> pd.DataFrame | None:
        look = desk.look
        if look is None:
            return None
        wish = fit(desk, look.header)
        own, loss = known(desk, look, wish.of), known(desk, look, None)
        if name == "band":
            return layer_bound_band.table(look.header, look.frames, wish.layer, wish.norm)
        if name == "medians":
            return layers.table(look.header, look.frames, look.index)
        if name == "gradients":
            return gradients.table(look.header, look.frames, look.index)
        if own is None or loss is None:
            return None
        if name == "slack":
            return layer_bound.slack_table(own.proof, wish.sample, wish.norm)
        if name == "chain":
            return layer_bound_chain.table(loss.proof, look.frame, wish.norm)
        return layer_bound.table(own.proof, wish.norm, wish.skip, loss.proof)

    return table


def main_act(desk: Desk, look: Look | None, wish: Wish | None) -> None:
    """Plot and proof side by side; a click on the plot chooses a sample and draws the page anew."""
    left, right = st.columns([4, 6], gap="medium")
    with left:
        cards.heading("bound.pick", section("pick", FILE), _table(desk, "ratios"))
        if look is None or wish is None:
            st.skeleton(height=PLOT)
        else:
            _plot(desk, look, wish)
    with right:
        cards.heading("bound.proof", section("proof", FILE), _table(desk, "ratios"))
        found = known(desk, look, wish.of) if look is not None and wish is not None else None
        if found is None or wish is None:
            st.caption(section("waiting" if look is not None else "waiting.none", FILE).body)
        else:
            st.markdown(layer_bound_words.proof(found.proof, wish))
    if st.session_state.pop(CLICKED, False):
        st.rerun()


def _plot(desk: Desk, look: Look, wish: Wish) -> None:
    view = planes.view(desk, look)
    chart = layer_bound_pick.draw(
        view.key, view.header, view.frames, view.index, sample=wish.sample, style=options.style()
    )
    scene.show(chart, "pick", PLOT, desk.steady.setdefault("pick", Steady()), on_select=_clicked)


def _clicked() -> None:
    points = st.session_state["chart.pick"]["selection"].get(layer_bound_pick.PICK, [])
    if points:
        st.session_state[key(SAMPLE)] = int(points[0][layer_bound_pick.SAMPLE]) + 1
        st.session_state[CLICKED] = True


def panels(desk: Desk, look: Look | None, wish: Wish | None, made: Mapping[str, DeltaGenerator]) -> None:
    """Everything below the main act."""
    if look is None or wish is None:
        scene.reserve(made, *OF_PROOFS, *OF_FRAMES)
        return
    style, at = options.style(), (look.entry.key, look.header, look.frames, look.index)
    own, loss = known(desk, look, wish.of), known(desk, look, None)
    charts: dict[str, Chart] = {
        "band": layer_bound_band.draw(*at, layer=wish.layer, norm=wish.norm, style=style),
        "medians": layers.draw_history(*at, norm=wish.norm, style=style),
        "gradients": gradients.draw(*at, style=style),
    }
    if own is None or loss is None:
        scene.reserve(made, *OF_PROOFS)
    else:
        proof = loss.proof if wish.claim == "batch" else own.proof
        name = loss.key if wish.claim == "batch" else own.key
        other = None
        if wish.claim != "theorem":
            other = layer_bound.claimed(proof, wish.claim, wish.norm, wish.skip)
            name += f"|{wish.skip}"
        common: dict[str, Any] = {"sample": wish.sample, "norm": wish.norm, "style": style}
        charts["ratios"] = layer_bound.draw(name, proof, other, claim=wish.claim, **common)
        charts["slack"] = layer_bound.draw_slack(own.key, own.proof, **common)
        charts["chain"] = layer_bound_chain.draw(loss.key, loss.proof, look.frame, norm=wish.norm, style=style)
        with made["headlines"]:
            st.html(_headlines(own.proof, look, wish))
        with made["verdict"]:
            st.caption(layer_bound_words.verdict(own.proof, wish.norm, own.step))
        with made["claimed"]:
            st.markdown(layer_bound_words.claim_verdict(other, wish.claim))
        with made["shortcut"]:
            st.markdown(layer_bound_words.shortcut(own.proof, wish))
        with made["batch"]:
            st.markdown(layer_bound_words.batch(loss.proof, look.header.sizes))
    for name, chart in charts.items():
        with made[name]:
            scene.show(chart, f"bound.{name}")


def _headlines(proof: Proof, look: Look, wish: Wish) -> str:
    summed, ratios = proof.summed(wish.norm), proof.ratios(wish.norm)
    median = float(np.nanmedian(summed)) if np.isfinite(summed).any() else np.nan
    most = float(np.nanmax(ratios)) if np.isfinite(ratios).any() else np.nan
    stability = look.frame.metrics.get("stability", np.nan)
    valid = section("headline.valid" if stability < 1 else "headline.invalid", FILE).title
    tiles = {
        "ratio": number(median),
        "loose": f"{number(1 / median)}×" if median > 0 else "–",
        "most": number(most) + (" ≤ 1" if most <= OVER else ""),
        "silent": f"{int(np.isnan(ratios).sum())} of {ratios.size}",
        "stability": f"{number(stability)} · {valid}",
    }
    cells = "".join(
        f"<div><dt>{escape(pretty(section(f'headline.{name}', FILE).title))}</dt><dd>{value}</dd></div>"
        for name, value in tiles.items()
    )
    return f"<dl>{cells}</dl>"
