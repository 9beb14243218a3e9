"""Descent and the flows beside it: one name, colour, dash and mark each, the same in every chart of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from occam.charts.arrow import ipc
from occam.charts.chart import Style
from occam.charts.palette import Theme

ROW = 1.5  # height of a row of the key in letters


@dataclass(frozen=True)
class Line:
    """How one quantity is drawn: Okabe and Ito's (2008) colours, brighter on dark, a dash and a mark of its own."""

    label: str
    light: str
    dark: str
    dash: tuple[int, ...]
    shape: str = "circle"

    def colour(self, theme: Theme) -> str:
        """The colour on the page of this theme."""
        return self.dark if theme == "dark" else self.light


FLOWS: dict[str, Line] = {
    "descent": Line("gradient descent", "#1d2733", "#f0e442", (1, 0)),
    "gradient": Line("gradient flow", "#0072b2", "#56b4e9", (10, 4), "square"),
    "modified": Line("modified flow, γ/4", "#d55e00", "#e69f00", (5, 3), "triangle-up"),
    "second_order": Line("second-order flow", "#9b4f80", "#cc79a7", (2, 2), "diamond"),
    "wrong_weight": Line("wrong weight", "#6b7280", "#9aa3af", (8, 3, 2, 3), "cross"),
    "full_batch": Line("flow with (γ/4)‖∇L‖²", "#d55e00", "#e69f00", (5, 3), "triangle-up"),
    "per_batch": Line("flow with (γ/4m)Σ‖∇L_k‖²", "#9b4f80", "#cc79a7", (2, 2), "diamond"),
}


def key(texts: Mapping[str, str]) -> bytes:
    """Dataset "key": one row, a text per name."""
    return ipc({name: [text] for name, text in texts.items()})


def key_layers(lines: Mapping[str, Line], style: Style, columns: int = 1, titled: bool = True) -> list[alt.Chart]:
    """A sample of each line and its text of dataset "key", in rows above the plot, above its axis title if `titled`."""
    base, layers = alt.Chart(alt.NamedData("key")), []
    rows = -(-len(lines) // columns)
    for i, (name, line) in enumerate(lines.items()):
        above = (i // columns - rows) * round(style.text * ROW) - (style.text + 4 if titled else 0)
        left = f"width * {(i % columns) / columns}"
        colour = line.colour(style.theme)
        at = {"x": alt.XValue(alt.ExprRef(left)), "y": alt.YValue(above)}
        rule = base.mark_rule(color=colour, strokeDash=list(line.dash), strokeWidth=style.line)
        layers.append(rule.encode(**at, x2=alt.X2Value(alt.ExprRef(f"{left} + 28"))))
        dot = base.mark_point(filled=True, shape=line.shape, color=colour, size=style.point * 0.8, opacity=1)
        layers.append(dot.encode(x=alt.XValue(alt.ExprRef(f"{left} + 14")), y=alt.YValue(above)))
        words = base.mark_text(align="left", baseline="middle", fontSize=style.text, color=style.ink.text)
        layers.append(words.encode(x=alt.XValue(alt.ExprRef(f"{left} + 34")), y=alt.YValue(above), text=f"{name}:N"))
    return layers


def of(names: Sequence[str]) -> dict[str, Line]:
    """The lines of these flows."""
    return {name: FLOWS[name] for name in names}


def look(lines: Mapping[str, Line], field: str, style: Style) -> dict[str, Any]:
    """Encodings of colour and dash by `field`, without a legend: the key says it."""
    names = list(lines)
    colours = [line.colour(style.theme) for line in lines.values()]
    dashes = [list(line.dash) for line in lines.values()]
    return {
        "stroke": alt.Stroke(f"{field}:N", scale=alt.Scale(domain=names, range=colours), legend=None),
        "strokeDash": alt.StrokeDash(f"{field}:N", scale=alt.Scale(domain=names, range=dashes), legend=None),
    }


def marks(lines: Mapping[str, Line], field: str, style: Style) -> dict[str, Any]:
    """Encodings of fill and shape by `field`."""
    names = list(lines)
    colours = [line.colour(style.theme) for line in lines.values()]
    shapes = [line.shape for line in lines.values()]
    return {
        "fill": alt.Fill(f"{field}:N", scale=alt.Scale(domain=names, range=colours), legend=None),
        "shape": alt.Shape(f"{field}:N", scale=alt.Scale(domain=names, range=shapes), legend=None),
    }
