"""The charts below the maps: each with its reading guide and its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import pandas as pd
import streamlit as st

from occam.charts import boundary, complexity, curves, gradients, layers, losses, pressure, slopes, stability
from occam.charts.chart import Chart, Style
from occam.training.frames import Frame, Header
from occam.ui import options
from occam.ui.desk import Desk, Look
from occam.ui.text import Section, section

Table = Callable[[Look], pd.DataFrame]


@dataclass(frozen=True)
class Card:
    """A chart of the lower half: `name` is its section of the page's text; `draw` and `table` see the present look."""

    name: str
    draw: Callable[[Look, Style], Chart]
    table: Table


def _arguments(look: Look) -> tuple[str, Header, list[Frame], int]:
    return look.entry.key, look.header, look.frames, look.index


def _losses(look: Look, style: Style) -> Chart:
    quantity = "error" if options.choice("curve") == "error" and look.header.task != "regression" else "loss"
    return losses.draw(*_arguments(look), style=style, quantity=quantity, scale=_scale())


def _complexity(look: Look, style: Style) -> Chart:
    return complexity.draw(*_arguments(look), style=style, scale=_scale())


def _layers(look: Look, style: Style) -> Chart:
    return layers.draw(*_arguments(look), style=style, norms=_norm())


def _layer_history(look: Look, style: Style) -> Chart:
    return layers.draw_history(*_arguments(look), style=style, norm=_norm())


def _pressure(look: Look, style: Style) -> Chart:
    """Terms of a sum can be stacked on a linear axis only; on a log axis each is a line."""
    return pressure.draw(*_arguments(look), style=style, form="lines" if _scale() == "log" else "stack")


def _stability(look: Look, style: Style) -> Chart:
    return stability.draw_history(*_arguments(look), style=style)


def _gradients(look: Look, style: Style) -> Chart:
    return gradients.draw(*_arguments(look), style=style)


def _scale() -> curves.Scale:
    return "linear" if options.choice("axis") == "linear" else "log"


def _norm() -> Literal["operator", "frobenius"]:
    return "frobenius" if options.choice("norm") == "frobenius" else "operator"


def _table(module: ModuleType) -> Table:
    return lambda look: module.table(look.header, look.frames, look.index)


CARDS = (
    Card("losses", _losses, _table(losses)),
    Card("complexity", _complexity, _table(complexity)),
    Card("layers", _layers, _table(layers)),
    Card("layer_history", _layer_history, _table(layers)),
    Card("pressure", _pressure, _table(pressure)),
    Card("stability", _stability, _table(stability)),
    Card("gradients", _gradients, _table(gradients)),
)


def rehearse(look: Look, style: Style) -> None:
    """Make the charts of `CARDS` as a page shows them whose options are the defaults."""
    for draw in (
        losses.draw,
        complexity.draw,
        layers.draw_history,
        pressure.draw,
        stability.draw_history,
        gradients.draw,
    ):
        draw(*_arguments(look), style=style)
    layers.draw(*_arguments(look), style=style, norms="operator")


TABLES: dict[str, Table] = {
    "boundary": _table(boundary),
    "slopes": _table(slopes),
    **{card.name: card.table for card in CARDS},
}


def head(desk: Desk, name: str) -> None:
    """Title of a chart, and behind one button how to read it and its data as CSV."""
    heading(name, section(name), lambda: TABLES[name](desk.look) if desk.look is not None else None)


def heading(name: str, words: Section, table: Callable[[], pd.DataFrame | None]) -> None:
    """The title of `words`, and behind one button its body and the data of `table` as CSV."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
        st.markdown(f"**{words.title}**", width="content")
        with st.popover(section("read").title, icon=":material/help:", type="tertiary", key=f"read.{name}"):
            st.markdown(words.body)
            _download(name, table)


def _download(name: str, table: Callable[[], pd.DataFrame | None]) -> None:
    def csv() -> str:
        data = table()
        return data.to_csv(index=False) if data is not None else ""

    words = section("download")
    st.download_button(
        words.title,
        csv,
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv.{name}",
        on_click="ignore",
        icon=":material/download:",
        help=words.body,
    )
