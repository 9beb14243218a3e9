"""The way from the batch gradient to the Dirichlet energy: six measured levels on one log axis, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from occam.charts import axes
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number
from occam.theory.proof import Norm, Proof
from occam.training.frames import Frame

FLOOR = 1e-30  # a gradient that is 0 is drawn here


@dataclass(frozen=True)
class Level:
    """A measured quantity and how it relates to the one before: `link` names a word of `LINKS`."""

    name: str
    label: str
    value: float
    link: str


LINKS = {
    "start": "",
    "cancel": "≤ (Jensen)",
    "transfer": "÷ Σ T",
    "bound": "≥ (the bound)",
    "loss": "÷ (∂ℓ/∂f)²",
    "domain": "½, all of the box",
}


def levels(loss: Proof, frame: Frame, norm: Norm) -> list[Level]:
    """The six levels at one frame, `loss` being the proof whose f is the loss; nan where undefined."""
    allowed = loss.transferred(norm)
    mean = float(np.nanmean(allowed)) if np.isfinite(allowed).any() else np.nan
    return [
        Level("batch_grad_sq", "‖∇_θL‖²", float(loss.batch_grad_sq.sum()), "start"),
        Level("mean_param_grad_sq", "mean ‖∇_θℓᵢ‖²", float(loss.right.sum(0).mean()), "cancel"),
        Level("transferred", "mean ‖∇_θℓᵢ‖²/ΣT", mean, "transfer"),
        Level("loss_input_grad_sq", "mean ‖∇_xℓᵢ‖²", float(loss.input_grad_sq.mean()), "bound"),
        Level("geometric_complexity", "mean ‖∇_x f‖²", frame.metrics.get("geometric_complexity", np.nan), "loss"),
        Level("dirichlet_energy", "Dirichlet energy", frame.metrics.get("dirichlet_energy", np.nan), "domain"),
    ]


def draw(key: str, loss: Proof, frame: Frame, *, norm: Norm = "operator", style: Style = Style()) -> Chart:
    """A bar from each level to the next, with its factor."""
    return shared(("bound chain", key, norm, style), lambda: _draw(levels(loss, frame, norm), frame, style))


def _draw(chain: list[Level], frame: Frame, style: Style) -> Chart:
    values = np.array([level.value for level in chain])
    drawn = np.where(np.isfinite(values), np.maximum(values, FLOOR), np.nan)
    before = np.concatenate([drawn[:1], drawn[:-1]])
    factors = [number(value) for value in values]
    for i in range(1, len(chain)):
        ratio = drawn[i] / before[i]
        both = values[i] > 0 and values[i - 1] > 0
        factors[i] += f"  (×{number(float(ratio))})" if both else ""
    sentence = f"Step {frame.step}: " + ", ".join(f"{c.label} = {number(c.value)}" for c in chain) + "."
    datasets = {
        "levels": ipc({
            "label": [level.label for level in chain],
            "from": before,
            "to": drawn,
            "text": factors,
            "link": [LINKS[level.link] for level in chain],
            "theorem": np.array([level.link in ("cancel", "bound") for level in chain], dtype=int),
        }),
        "words": words(sentence, "" if np.isfinite(drawn).any() else "No finite gradient to draw"),
    }  # fmt: skip
    return Chart(_spec(tuple(level.label for level in chain), style), datasets, "From ‖∇_θL‖² to the energy", sentence)


@once(maxsize=16)
def _spec(labels: tuple[str, ...], style: Style) -> dict[str, Any]:
    ink = style.ink
    scale = alt.Scale(type="log", nice=True)
    axis = axes.log("x", title="squared norm, log scale")
    x = alt.X("from:Q", scale=scale, axis=axis)
    y = alt.Y("label:N", sort=None, scale=alt.Scale(domain=list(labels)), axis=alt.Axis(title=None, grid=False))
    rows = alt.Chart(alt.NamedData("levels"))
    colour = alt.condition("datum.theorem == 1", alt.value(ink.first), alt.value(ink.second))
    slot = style.text * 3.6
    bar = rows.mark_rule(strokeWidth=style.text, opacity=0.75).encode(x=x, x2="to:Q", y=y, color=colour)
    dot = rows.mark_point(shape="diamond", filled=True, size=style.point * 2, color=ink.text, opacity=1)
    # The text turns to the side that has room.
    look = {"fontSize": style.text - 1, "color": ink.text, "dy": -style.text}
    side: dict[str, Any] = {"align": alt.ExprRef("scale('x', datum.to) > width * 0.5 ? 'right' : 'left'")}
    text = rows.mark_text(baseline="middle", **look, **side).encode(x=alt.X("to:Q", scale=scale), y=y, text="text:N")
    below = rows.mark_text(baseline="middle", **{**look, "dy": style.text + 1, "color": ink.muted}, **side)
    link = below.encode(x=alt.X("to:Q", scale=scale), y=y, text="link:N")
    layers = [bar, dot.encode(x=alt.X("to:Q", scale=scale), y=y), text, link, *words_layers(style)]
    return finish(layers, style, height=len(labels) * slot / style.scale)


def table(loss: Proof, frame: Frame, norm: Norm) -> pd.DataFrame:
    """One row a level: its name, value and link."""
    rows = [(frame.step, level.name, level.value, LINKS[level.link]) for level in levels(loss, frame, norm)]
    return pd.DataFrame(rows, columns=["step", "level", "value", "link"])
