"""What each tab of the page on the input penalty draws of its results, and what it says of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st

from occam.charts import boundary, input_penalty, slopes
from occam.charts.chart import Style
from occam.link import to_query
from occam.studies.kinds import input_penalty_verdicts as verdicts
from occam.studies.kinds.input_penalty import (
    ARMS,
    PAIRED,
    Angle,
    ArmResult,
    Attacked,
    Distance,
    EqualLoss,
    Margins,
    Order,
    PenaltyAngles,
    Pull,
)
from occam.studies.kinds.step_size_verdicts import Verdict
from occam.training.frames import Frame
from occam.ui import scene, study_panel
from occam.ui.input_penalty_state import FILE, State
from occam.ui.study_panel import Places, Results
from occam.ui.text import Section, section
from occam.ui.words import meaning, number, share

MAP = 180  # pixels of plot: four maps and their numbers fit into 720 lines
PLAYGROUND = "pages/playground.py"
MEASURES = tuple(input_penalty.SEED_MEASURES)


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def said(verdict: Verdict) -> str:
    """A verdict in words, its numbers filled in."""
    return study_panel.said(verdict, FILE)


def of(kind: type, results: Results) -> Results:
    """The results of one kind."""
    return [result for result in results if isinstance(result, kind)]


def _verdict(places: Places, *lines: str) -> None:
    with places["verdict"]:
        st.info("  \n".join(line for line in lines if line), icon=":material/gavel:")


def _edge(stability: float) -> dict[str, str]:
    """γλ_max, and whether it is below 1."""
    words = "" if math.isnan(stability) else text("edge.below" if stability < 1 else "edge.beyond").body
    return {"stability": number(stability), "edge": words}


def frames(page: State, results: Results) -> dict[str, Frame | None]:
    """The frame of each arm that has ended, at equal time or equal loss; None for one that never reached it."""
    if page.chosen["compare"] == "loss":
        return {equal.name: equal.frame for equal in of(EqualLoss, results)}
    return {arm.name: arm.frame for arm in of(ArmResult, results)}


def _numbers(frame: Frame) -> dict[str, tuple[str, str]]:
    """Label → (value, meaning) of what is compared."""
    metrics = frame.metrics
    pairs = {
        "numbers.loss": ("train_loss", "test_loss"),
        "numbers.error": ("train_error", "test_error"),
        "numbers.complexity": ("geometric_complexity",),
        "numbers.gradient": ("loss_input_grad_sq",),
        "numbers.stability": ("stability",),
    }
    write = {"numbers.error": share}
    found = {
        label: (
            " · ".join(write.get(label, number)(metrics[name]) for name in names),
            "\n\n".join(meaning(name) for name in names),
        )
        for label, names in pairs.items()
    }
    return {**found, "numbers.step": (f"{frame.step}", text("numbers.step").body)}


def arms_table(page: State, results: Results) -> pd.DataFrame:
    """One row an arm: its metrics at what is compared."""
    chosen = frames(page, results)
    return pd.DataFrame([{"arm": name, **frame.metrics} for name, frame in chosen.items() if frame is not None])


def _arms(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    by_name = {arm.name: arm for arm in of(ArmResult, results)}
    chosen = frames(page, results)
    for name in ARMS:
        with places[name]:
            st.markdown(f"**{text(f'arm.{name}').title}**", help=text(f"arm.{name}").body)
            arm, frame = by_name.get(name), chosen.get(name)
            if arm is None or name not in chosen:
                st.skeleton(height=MAP + 120)
            elif frame is None:
                st.caption(text("arm.unreached").body)
            else:
                _arm(page, key, arm, frame, style)
    _arms_verdict(page, results, places)


def _arm(page: State, key: str, arm: ArmResult, frame: Frame, style: Style) -> None:
    made = f"{key}.{arm.name}.{page.chosen['compare']}"
    if page.chosen["map"] == "slopes":
        chart = slopes.draw(made, arm.header, [frame], 0, style=style)
    else:
        chart = boundary.draw(made, arm.header, [frame], 0, style=style, test=False)
    scene.show(chart, f"input.{arm.name}", MAP)
    rows = [
        f'<dt title="{escape(about, quote=True)}">{text(label).title}</dt><dd>{value}</dd>'
        for label, (value, about) in _numbers(frame).items()
        if label != "numbers.error" or arm.header.task != "regression"
    ]
    st.html(f"<dl>{''.join(rows)}</dl>")
    if arm.ending.status == "diverged":
        st.caption(text("arm.diverged").fill(step=arm.ending.step, stability=number(arm.ending.stability)))
    query = to_query(arm.header.spec)
    st.page_link(PLAYGROUND, label=text("arm.open").title, icon=":material/open_in_new:", query_params=query)


def _arms_verdict(page: State, results: Results, places: Places) -> None:
    arms = of(ArmResult, results)
    lines = []
    targets = [equal.target for equal in of(EqualLoss, results)]
    if page.chosen["compare"] == "loss" and targets:
        lines.append(text("arms.equal_loss").fill(target=number(targets[0])))
    elif any(arm.ending.status == "diverged" for arm in arms):
        lines.append(text("arms.some_diverged").body)
    elif arms:
        training = arms[0].header.spec.training
        lines.append(text("arms.equal_time").fill(time=number(training.step_size * training.last_step)))
    for arm in of(ArmResult, results):
        training = arm.header.spec.training
        if arm.name == "adversarial":
            lines.append(text("arms.adversarial").fill(size=number(training.perturbation_size)))
        elif arm.name == "noise":
            found = {"sigma": number(training.perturbation_size), "match": number(arm.match)}
            lines.append(text("arms.noise" if training.perturbation == "noise" else "arms.no_noise").fill(**found))
    seed = arms[0].header.spec.model.seed if arms else "–"
    _verdict(places, *lines, text("one_seed").fill(seed=seed))


def _orders(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    found, apart = of(Order, results), of(Distance, results)
    with places["orders"]:
        scene.show(input_penalty.draw_orders(key, found, style), "input.orders")
    with places["distances"]:
        if not apart and page.run.training.input_penalty == 0:
            st.caption(text("distance.no_penalty").body)
        else:
            scene.show(input_penalty.draw_distances(key, apart, style), "input.distances")
    rough = {order.kind for order in found}
    missing = text("orders.many_inputs").body if "sign" in rough and "noise" not in rough and apart else ""
    scope = text("orders.scope").fill(seed=page.run.model.seed, activation=page.run.model.activation)
    _verdict(places, said(verdicts.slopes(found)), missing, said(verdicts.distances(apart)), scope)


def _attacks(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    attacked, margins = of(Attacked, results), of(Margins, results)
    with places["attacked"]:
        scene.show(input_penalty.draw_attacks(key, attacked, page.chosen["method"], style), "input.attacked")
    with places["margins"]:
        scene.show(input_penalty.draw_margins(key, margins, style), "input.margins")
    with places["bounds"]:
        rows = [
            f"<tr><td>{text(f'arm.{found.arm}').title}</td><td>{number(found.lower)}</td>"
            f"<td>{number(found.upper)}</td><td>{number(found.upper / found.lower) if found.lower else '–'}</td></tr>"
            for found in margins
        ]
        names = (text(f"bounds.{name}") for name in ("arm", "lower", "upper", "loose"))
        head = "".join(f'<th title="{escape(name.body, quote=True)}">{name.title}</th>' for name in names)
        st.html(f"<table><tr>{head}</tr>{''.join(rows)}</table>")
    samples = attacked[0].samples if attacked else 0
    _verdict(places, text("attacks.scope").fill(samples=samples), text("one_seed").fill(seed=page.run.model.seed))


def _angles(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    found, pulls = of(Angle, results), of(Pull, results)
    with places["angles"]:
        scene.show(input_penalty.draw_angles(key, found, style), "input.angles")
    with places["pulls"]:
        scene.show(input_penalty.draw_pulls(key, pulls, style), "input.pulls")
    spec = page.spec
    assert isinstance(spec, PenaltyAngles)
    scope = {"penalty": number(spec.param_penalty), "epsilon": number(page.run.training.input_penalty)}
    scope |= _edge(found[-1].stability if found else math.nan)
    lines = [said(verdicts.angles(found)), said(verdicts.pulls(pulls))]
    _verdict(
        places,
        *lines,
        text("angles.scope").fill(**scope),
        text("one_seed").fill(seed=page.run.model.seed),
    )


def _seeds(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    comparison = page.chosen["compare"]
    for measure in MEASURES:
        with places[measure]:
            chart = input_penalty.draw_seeds(key, results, measure, comparison, style)
            scene.show(chart, f"input.{measure}")
    lines = []
    for arm in PAIRED[1:]:
        for measure in MEASURES:
            told = said(verdicts.paired(results, arm, measure, comparison))
            what = text(f"measure.{measure}").title
            lines.append(f"**{text(f'arm.{arm}').title}**, {what}: {told}")
    scope = _edge(max((float(pair.stability.max()) for pair in results), default=math.nan))
    scope |= {"radius": number(page.own["attack"])}
    _verdict(places, text(f"seeds.{comparison}").body, *lines, text("seeds.scope").fill(**scope))


DRAW: dict[str, Callable[[State, str, Results, Places, Style], None]] = {
    "arms": _arms,
    "orders": _orders,
    "attacks": _attacks,
    "angles": _angles,
    "seeds": _seeds,
}
