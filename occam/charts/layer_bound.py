"""The layer bound at one step, sample by sample, from a `Proof`: the ratios, and where their slack sits.

A ratio right of 1 can only come from a claim that is not the theorem's; such claims have a row, colour and mark of
their own and are counted.
"""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.layers import NOTE, THE_BOUND, layer_name
from occam.charts.words import number
from occam.theory.proof import OVER, Norm, Proof, geometric_mean

Claim = Literal["theorem", "batch", "skip", "shortcut"]
CLAIMS: dict[Claim, str] = {
    "theorem": "the theorem",
    "batch": "batch mean on the right",
    "skip": "with a skip connection",
    "shortcut": "the shortcut's norm",
}
FLOOR, CEILING = 1e-8, 1e8  # ratios beyond are drawn here
FACTORS = {
    "delta_weight": "δ against W",
    "row_jacobian": "δᵀW against J",
    "weight_norm": "norm of W",
    "jacobian_norm": "norm of J",
}
EVERY, CHOSEN = "all", "this"
ROOM = 0.4  # of a bar's end, left free for its number
SUBJECTS = {EVERY: "all", CHOSEN: "sample"}


def claimed(proof: Proof, claim: Claim, norm: Norm, skip: float = 0.0) -> NDArray[np.float64]:
    """The ratios (L, n) that a claim asserts to be at most 1; `skip`: ‖v‖ of f + vᵀx, v = ‖v‖·(1, …, 1)/√d."""
    if claim == "batch":
        return proof.against_batch(norm)
    if claim == "shortcut":
        return proof.shortcut(norm)
    if claim == "skip":
        inputs = proof.input_grad.shape[1]
        return proof.with_skip(np.full(inputs, skip / np.sqrt(inputs)), norm)
    return proof.ratios(norm)


def draw(
    key: str,
    proof: Proof,
    other: NDArray[np.float64] | None,
    *,
    claim: Claim = "theorem",
    sample: int,
    norm: Norm = "operator",
    style: Style = Style(),
) -> Chart:
    """A tick per sample and layer; `other` (L, n): the ratios of a further `claim`, below the theorem's."""
    return shared(
        ("bound ratios", key, norm, claim, sample, style), lambda: _draw(proof, other, claim, sample, norm, style)
    )


def _draw(
    proof: Proof, other: NDArray[np.float64] | None, claim: Claim, sample: int, norm: Norm, style: Style
) -> Chart:
    shown: dict[Claim, NDArray[np.float64]] = {"theorem": proof.ratios(norm)}
    if other is not None:
        shown[claim] = other
    ticks: dict[str, list[Any]] = {"layer": [], "claim": [], "ratio": [], "chosen": [], "number": []}
    notes = {"layer": [layer_name(layer) for layer in range(proof.layers)], "text": _notes(shown)}
    for name, ratios in shown.items():
        for layer, row in enumerate(ratios):
            known = ~np.isnan(row)
            count = int(known.sum())
            ticks["layer"] += [layer_name(layer)] * count
            ticks["claim"] += [CLAIMS[name]] * count
            ticks["ratio"] += np.clip(row[known], FLOOR, CEILING).tolist()
            ticks["chosen"] += (np.flatnonzero(known) == sample).astype(int).tolist()
            ticks["number"] += (np.flatnonzero(known) + 1).tolist()
    sentence = _sentence(proof, shown, norm)
    note = "" if ticks["ratio"] else "Every sample is degenerate here:\nthe bound says nothing"
    datasets = {
        "ticks": ipc({**ticks, "ratio": np.array(ticks["ratio"], dtype=float), "chosen": np.array(ticks["chosen"]),
                      "number": np.array(ticks["number"])}),
        "notes": ipc(notes),
        "bound": ipc({"ratio": np.array([1.0]), "word": [THE_BOUND]}),
        "words": words(sentence, note),
    }  # fmt: skip
    return Chart(_spec(proof.layers, tuple(shown), style), datasets, "Ratio of every sample, per layer", sentence)


def _notes(shown: dict[Claim, NDArray[np.float64]]) -> list[str]:
    """What is counted below each layer: ratios above 1, by claim, and degenerate samples."""
    lines = []
    for layer, row in enumerate(shown["theorem"]):
        n, silent = len(row), int(np.isnan(row).sum())
        over: dict[Claim, int] = {claim: int((ratios[layer] > OVER).sum()) for claim, ratios in shown.items()}
        parts = [f"{CLAIMS[claim]}: {k} of {n} above 1" for claim, k in over.items() if k or claim != "theorem"]
        lines.append(" · ".join(parts + ([f"{silent} of {n} degenerate"] if silent else [])))
    return lines


def _sentence(proof: Proof, shown: dict[Claim, NDArray[np.float64]], norm: Norm) -> str:
    ratios = shown["theorem"]
    if not np.isfinite(ratios).any():
        return "Every sample is degenerate in every layer: the bound says nothing."
    largest = number(float(np.nanmax(ratios)))
    parts = [f"The largest of {ratios.size} ratios of the theorem, {norm} norm, is {largest}"]
    for claim, other in shown.items():
        if claim != "theorem":
            over = int((other > OVER).sum())
            parts.append(f"{CLAIMS[claim]}: {over} of {other.size} ratios exceed 1, which the theorem does not cover")
    return "; ".join(parts) + "."


@once(maxsize=32)
def _spec(count: int, claims: tuple[Claim, ...], style: Style) -> dict[str, Any]:
    ink = style.ink
    names = [CLAIMS[claim] for claim in claims]
    rows: list[str] = [*names, NOTE]
    slot = style.text * 1.25
    scale = alt.Scale(type="log", nice=True)
    x = alt.X("ratio:Q", scale=scale, axis=axes.log("x", title="left side / right side, one tick a sample"))
    y = alt.Y(
        "layer:N",
        sort=None,
        scale=alt.Scale(domain=[layer_name(layer) for layer in range(count)], paddingInner=0.1),
        axis=alt.Axis(title=None, grid=False),
    )
    offset = alt.YOffset("claim:N", scale=alt.Scale(domain=rows, paddingInner=0.2))
    palette = alt.Scale(domain=[*CLAIMS.values()], range=[ink.first, ink.second, ink.second, ink.second])
    key = alt.Legend(title=None, values=names, symbolType="square", offset=style.text + 10) if len(names) > 1 else None
    colour = alt.Color("claim:N", scale=palette, legend=key)
    ticks = alt.Chart(alt.NamedData("ticks"))
    tip = [alt.Tooltip("number:Q", title="sample"), alt.Tooltip("layer:N"), alt.Tooltip("claim:N"),
           alt.Tooltip("ratio:Q", format=".3g")]  # fmt: skip
    where = {"x": x, "y": y, "yOffset": offset}
    each = ticks.mark_tick(orient="vertical", thickness=1.5, height=slot * 0.75, opacity=0.4)
    mine = ticks.transform_filter("datum.chosen == 1").mark_point(
        shape="diamond", filled=True, size=style.point * 2, opacity=1, fill=ink.text, stroke=ink.page, strokeWidth=1.5
    )
    notes = alt.Chart(alt.NamedData("notes")).mark_text(
        align="left", baseline="middle", fontSize=style.text - 1, color=ink.text, dx=4
    )
    bound = alt.Chart(alt.NamedData("bound"))
    rule = bound.mark_rule(color=ink.text, strokeWidth=1.5, strokeDash=[5, 3]).encode(x=alt.X("ratio:Q", scale=scale))
    word = bound.mark_text(align="right", baseline="bottom", dy=-3, dx=2, fontSize=style.text, color=ink.text)
    layers = [
        rule,
        each.encode(**where, color=colour, tooltip=tip),
        mine.encode(**where, tooltip=tip),
        notes.encode(x=alt.XValue(0), y=y, yOffset=alt.YOffsetDatum(NOTE), text="text:N"),
        word.encode(x="ratio:Q", y=alt.YValue(0), text="word:N"),
        *words_layers(style),
    ]
    return finish(layers, style, height=count * len(rows) * slot * 1.15 / style.scale)


def draw_slack(key: str, proof: Proof, *, sample: int, norm: Norm = "operator", style: Style = Style()) -> Chart:
    """From 1 down to the ratio, factor by factor: geometric mean over all samples, and the chosen sample."""
    return shared(("bound slack", key, norm, sample, style), lambda: _slack(proof, sample, norm, style))


def _slack(proof: Proof, sample: int, norm: Norm, style: Style) -> Chart:
    columns = slack_table(proof, sample, norm)
    ends = columns.groupby(["layer", "who"], sort=False)["to"].last().reset_index()
    sentence = _slack_sentence(columns)
    note = "" if len(columns) else "Every sample is degenerate here:\nthe bound says nothing"
    datasets = {
        "pieces": ipc({
            "layer": [layer_name(layer - 1) for layer in columns["layer"]],
            "who": columns["who"].tolist(),
            "factor": [FACTORS[name] for name in columns["factor"]],
            "share": columns["share"].to_numpy(float),
            "from": columns["from"].to_numpy(float),
            "to": columns["to"].to_numpy(float),
        }),
        "ends": ipc({
            "layer": [layer_name(layer - 1) for layer in ends["layer"]],
            "who": ends["who"].tolist(),
            "to": ends["to"].to_numpy(float),
            "room": ends["to"].to_numpy(float) * ROOM,
            "text": [f"{SUBJECTS[str(who)]} {number(to)}" for who, to in zip(ends["who"], ends["to"], strict=True)],
        }),
        "words": words(sentence, note),
    }  # fmt: skip
    return Chart(_slack_spec(proof.layers, norm, style), datasets, "Where the slack sits, per layer", sentence)


def slack_table(proof: Proof, sample: int, norm: Norm) -> pd.DataFrame:
    """One row a layer, subject ("all": geometric mean of samples that are not degenerate; "this") and factor."""
    rows: list[tuple[int, str, str, float, float, float]] = []
    slack, known = proof.slack(norm), np.isfinite(proof.ratios(norm)) & (proof.ratios(norm) > 0)
    for layer in range(proof.layers):
        for who in (EVERY, CHOSEN):
            at, pieces = 1.0, []
            for name, factor in slack.items():
                row = np.where(known[layer], factor[layer], np.nan)
                share = float(geometric_mean(row) if who == EVERY else row[sample])
                pieces.append((layer + 1, who, name, share, at, max(at * share, FLOOR)))
                at = max(at * share, FLOOR)
            if np.isfinite(at):
                rows += pieces
    return pd.DataFrame(rows, columns=["layer", "who", "factor", "share", "from", "to"])


def _slack_sentence(columns: pd.DataFrame) -> str:
    if not len(columns):
        return "Every sample is degenerate: there is no slack to split."
    rows = columns[columns["who"] == EVERY]
    if not len(rows):
        rows = columns
    least, layer, factor = min(zip(rows["share"], rows["layer"], rows["factor"], strict=True))
    return (
        f"The largest loss is in layer {layer}, {FACTORS[factor]}: a factor {number(least)} of the bound is left there."
    )


@once(maxsize=32)
def _slack_spec(count: int, norm: Norm, style: Style) -> dict[str, Any]:
    ink = style.ink
    names = [*FACTORS.values()][: 4 if norm == "frobenius" else 2]
    slot = style.text * 1.6
    scale = alt.Scale(type="log", nice=True)
    title = "share of the bound left, from 1 on the right"
    x = alt.X("from:Q", scale=scale, axis=axes.log("x", title=title))
    y = alt.Y(
        "layer:N",
        sort=None,
        scale=alt.Scale(domain=[layer_name(layer) for layer in range(count)], paddingInner=0.15),
        axis=alt.Axis(title=None, grid=False),
    )
    offset = alt.YOffset("who:N", scale=alt.Scale(domain=[EVERY, CHOSEN], paddingInner=0.15))
    colours = alt.Scale(domain=names, range=[ink.first, ink.second, ink.third, ink.muted][: len(names)])
    colour = alt.Color("factor:N", scale=colours, legend=alt.Legend(title=None, symbolType="square", columns=2))
    pieces = alt.Chart(alt.NamedData("pieces"))
    bars = pieces.mark_rule(strokeWidth=slot * 0.55, opacity=0.9).encode(
        x=x, x2="to:Q", y=y, yOffset=offset, color=colour,
        tooltip=[alt.Tooltip("layer:N"), alt.Tooltip("factor:N"), alt.Tooltip("share:Q", format=".3g")],
    )  # fmt: skip
    text = alt.Chart(alt.NamedData("ends")).mark_text(align="right", dx=-6, fontSize=style.text - 1, color=ink.text)
    ends = text.encode(x=alt.X("to:Q", scale=scale), y=y, yOffset=offset, text="text:N")
    room = alt.Chart(alt.NamedData("ends")).mark_point(opacity=0).encode(x=alt.X("room:Q", scale=scale), y=y)
    return finish([bars, ends, room, *words_layers(style)], style, height=count * 2 * slot * 1.1 / style.scale)


def table(proof: Proof, norm: Norm, skip: float = 0.0, loss: Proof | None = None) -> pd.DataFrame:
    """One row a sample and layer: the norms of the proof and the ratio of every claim."""
    n = proof.samples
    blocks = []
    for layer in range(proof.layers):
        columns: dict[str, Any] = {
            "sample": np.arange(1, n + 1),
            "layer": layer + 1,
            "input_grad": np.sqrt(proof.input_grad_sq),
            **{name: getattr(proof, name)[layer] for name in ("delta", "feature", "weight_grad", "bias_grad", "back")},
            "jacobian": proof.jacobian(norm)[layer],
            "weight": proof.weight(norm)[layer, 0],
            "ratio": proof.ratios(norm)[layer],
            "ratio_skip": claimed(proof, "skip", norm, skip)[layer],
            "ratio_shortcut": proof.shortcut(norm)[layer],
        }
        if loss is not None:
            columns["ratio_batch"] = loss.against_batch(norm)[layer]
        blocks.append(pd.DataFrame(columns))
    return pd.concat(blocks, ignore_index=True)
