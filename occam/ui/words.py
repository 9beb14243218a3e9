"""Numbers and states of a run as short text."""

from __future__ import annotations

import math

from occam.glossary import METRICS
from occam.training.frames import Ending
from occam.ui.desk import Desk, engine
from occam.ui.text import section

STATUS = "status"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Three significant digits, or whole from a thousand on; a dash for what is not defined."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size != 0 and (size < 1e-3 or size >= 1e5):
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa}·10{str(int(exponent)).translate(SUPERSCRIPT)}".replace("-", "−")
    text = f"{value:,.0f}" if size >= 1000 else f"{value:.3g}"
    return text.replace(",", "\u202f").replace("-", "−")


def share(value: float) -> str:
    """A share of samples in per cent, one decimal."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}\u202f%"


def meaning(name: str) -> str:
    """What a metric is: symbol, definition, normalisation, source."""
    metric = METRICS[name]
    source = f" {metric.source}." if metric.source else ""
    return f"{metric.symbol}: {metric.definition} ({metric.unit}).{source}"


def live(name: str) -> str:
    """The attribute of an HTML element whose content polls replace by their text `name`, see `timeline`."""
    return f'data-live="{name}"'


def status(desk: Desk) -> str:
    """A paragraph of HTML on where the run is."""
    return f"<p {live(STATUS)}>{status_lines(desk)}</p>"


def status_lines(desk: Desk) -> str:
    """Two lines of HTML: step; state and time, or what the run waits for."""
    look, entry = desk.look, desk.entry
    if desk.fault:
        return f"{section('status.no_file').body}<br>&nbsp;"
    if entry is None or look is None or not desk.fresh:
        place = engine().queued(entry) if entry is not None else None
        waiting = section("status.queued").fill(place=place) if place else section("status.starting").body
        return f"{waiting}<br>&nbsp;"
    step, spec = look.frame.step, look.entry.spec
    last = look.frames[-1].step if entry.over else spec.training.last_step
    counted = section("status.step").fill(step=step, last=last).replace(",", "\u202f")
    return f"{counted}<br>{_state(desk, number(spec.training.step_size * step))}"


def _state(desk: Desk, time: str) -> str:
    entry = desk.entry
    assert entry is not None
    if desk.look is desk.stored:
        return section("status.stored").body
    place = engine().queued(entry)
    if entry.recovering:
        return section("status.recovering").body
    if place and desk.head.moving:
        return section("status.queued").fill(place=place)
    if desk.head.moving:
        return section("status.playing").fill(time=time)
    if entry.ending is None or desk.head.position < len(entry.frames) - 1:
        return section("status.paused").fill(time=time)
    if entry.ending.status == "diverged":
        return section("status.diverged").body
    return section(f"ending.{entry.ending.reason}").fill(time=time)


def ending(end: Ending) -> str:
    """How a diverged run ended and why, in sentences, with the measured γλ_max."""
    why = "measured" if math.isfinite(end.stability) and end.stability > 2 else "other"
    first = section(f"ending.{end.reason}").fill(step=end.step, loss=number(end.loss))
    return f"{first} {section(f'diverged.{why}').fill(stability=number(end.stability))}"
