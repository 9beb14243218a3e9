"""What Compare says of its runs in words and tables: names, where each is, what differs, what was measured."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import pandas as pd

from occam.charts import boundary
from occam.charts.compare import LETTERS, RUNS
from occam.glossary import METRICS
from occam.spec import KNOBS
from occam.ui import options, stops, words
from occam.ui.compare_bench import FILE, Bench, differing
from occam.ui.desk import engine
from occam.ui.text import Section, section

MOST_NAMED = 2  # knobs in the name of a run
FOLLOWING = ("record_every", "training.max_steps", "training.stop_time")  # named last: how long and how often, not what
NUMBERS = (
    *("train_loss", "test_loss", "train_error", "test_error", "geometric_complexity", "dirichlet_energy"),
    *("batch_grad_sq", "implicit_penalty", "sharpness", "stability"),
)


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def titles(mine: Bench) -> list[str]:
    """What each run is called: its letter and, of the others, the first knobs in which they differ from A."""
    knobs = differing(mine.runs)
    named = []
    for run, letter in enumerate(LETTERS[: len(mine.runs)]):
        own = [(path, values[run]) for path, values in knobs.items() if run == 0 or values[run] != values[0]]
        words_of = [f"{_short(path)} {_value(path, value)}" for path, value in sorted(own, key=_telling)[:MOST_NAMED]]
        named.append(" · ".join([letter, *words_of]))
    return named


def _telling(knob: tuple[str, Any]) -> bool:
    return knob[0] in FOLLOWING


def _short(path: str) -> str:
    knob = KNOBS[path]
    return knob.symbol if len(knob.symbol) == 1 else knob.label


def _value(path: str, value: Any) -> str:
    return value if isinstance(value, str) else stops.words(path, value)


def sample(letter: str) -> str:
    """A line as drawn for a run, as HTML; its gaps and dashes are stops of a gradient, which no filter takes out."""
    line, at, stops_of = RUNS[letter], 0, []
    colour = line.colour(options.style().theme)
    for i, length in enumerate(line.dash):
        stops_of.append(f"{'transparent' if i % 2 else colour} {at}px {at + length}px")
        at += length
    return f'<i style="background: repeating-linear-gradient(90deg, {", ".join(stops_of)})"></i>'


def state_name(run: int) -> str:
    """What the state of a run is called towards the timeline, which brings it."""
    return f"compare_run_{run}"


def strip(mine: Bench, run: int) -> str:
    """Below the name of a run: its line, and where it is."""
    where = f"<span {words.live(state_name(run))}>{state(mine, run)}</span>"
    return f'<p class="compare">{sample(LETTERS[run])} {where}</p>'


def state(mine: Bench, run: int) -> str:
    """Where a run is: its step, or why it is not as far as the clock."""
    look, entry = mine.looks()[run], mine.entries[run]
    if entry is None or look is None or mine.ticks is None:
        place = engine().queued(entry) if entry is not None else None
        return text("short.queued").title.format(place=place) if place else text("short.waiting").title
    step, end = look.frame.step, entry.ending
    if end is not None and end.status == "diverged" and look.index == len(entry.frames) - 1:
        return text("short.diverged").title.format(step=whole(end.step))
    track = mine.ticks.tracks[mine.live.index(run)]
    if not track.reached(mine.clock, mine.now):
        name = "short.never" if mine.clock == "loss" else "short.ended"
        return text(name).title.format(step=whole(step))
    return f"{text('word.step').title} {whole(step)}"


def whole(step: int) -> str:
    """A whole number, narrow spaces between thousands."""
    return f"{step:,}".replace(",", "\u202f")


def status(mine: Bench) -> str:
    """Two lines of HTML: where the clock stands, and what happens."""
    if mine.ticks is None:
        return "&nbsp;<br>&nbsp;"
    value = whole(round(mine.now)) if mine.clock == "step" else words.number(mine.now)
    name = "playing" if mine.head.playing else "training" if mine.waiting else "over" if mine.at_end else "paused"
    return f"<b>{text(f'word.{mine.clock}').title} {value}</b><br>{text(f'status.{name}').title}"


def _rows(mine: Bench) -> list[tuple[str, str, list[str]]]:
    """Name, tooltip, a value per run: the knobs that differ, then what was measured."""
    shown = mine.looks()
    rows = [
        (stops.title(path), "", [_value(path, value) for value in values])
        for path, values in differing(mine.runs).items()
    ]
    steps = [whole(look.frame.step) if look else "–" for look in shown]
    times = [words.number(look.header.spec.training.step_size * look.frame.step) if look else "–" for look in shown]
    rows += [(text("number.step").title, "", steps), (text("number.time").title, "", times)]
    for name in NUMBERS:
        values = [look.frame.metrics.get(name, math.nan) if look else math.nan for look in shown]
        if name.endswith("error") and not any(map(math.isfinite, values)):
            continue
        write = words.share if name.endswith("error") else words.number
        rows.append((METRICS[name].label, words.meaning(name), [write(value) for value in values]))
    return rows


def numbers(mine: Bench) -> str:
    """The rows of the table as HTML, the knobs above, the numbers below a line."""
    heads = "".join(f'<th scope="col">{sample(letter)} {letter}</th>' for letter in LETTERS[: len(mine.runs)])
    knobs = len(differing(mine.runs))
    lines = [f'<tr><th scope="row">{text("knobs").title}</th>{heads}</tr>']
    if not knobs and len(mine.runs) > 1:
        lines.append(f'<tr><td colspan="{len(mine.runs) + 1}">{text("knobs.none").title}</td></tr>')
    for i, (name, tip, values) in enumerate(_rows(mine)):
        cells = "".join(f"<td>{escape(value)}</td>" for value in values)
        rule = ' class="rule"' if i == knobs else ""
        lines.append(f'<tr{rule}><th scope="row" title="{escape(tip, quote=True)}">{escape(name)}</th>{cells}</tr>')
    return "".join(lines)


def numbers_table(mine: Bench) -> pd.DataFrame:
    """Knobs that differ and numbers at the shown position, a column a run."""
    letters = list(LETTERS[: len(mine.runs)])
    knobs = [[path, *values] for path, values in differing(mine.runs).items()]
    shown = mine.looks()
    measured = [
        [name, *(look.frame.metrics.get(name, math.nan) if look else math.nan for look in shown)] for name in METRICS
    ]
    return pd.DataFrame([*knobs, *measured], columns=["name", *letters])


def map_table(mine: Bench, run: int) -> pd.DataFrame | None:
    """The data of a run's maps."""
    look = mine.looks()[run]
    return None if look is None else boundary.table(look.header, look.frames, look.index)
