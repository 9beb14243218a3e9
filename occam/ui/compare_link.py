"""The address of a comparison: the first run in full, the others as differences from it, position and options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from occam.engine.playhead import Playhead
from occam.link import from_difference, from_query, to_difference, to_query
from occam.studies.defaults import COMPARED
from occam.ui import links, options
from occam.ui.compare_bench import AT, CHOICES, FILE, OTHERS, SHOWN, Bench, compare
from occam.ui.desk import FIRST_FRAME, Desk, engine
from occam.ui.text import section


def arrive(mine: Bench, desk: Desk) -> None:
    """Follow the address if it is not the one we wrote; without one show what is on the bench, or the recorded pair."""
    links.elsewhere(FILE)
    params = mine.address.news()
    if params:
        _read(mine, params)
    elif not mine.runs:
        compare(COMPARED)
    mine.open(desk)
    mine.poll(desk)
    for entry in mine.entries:
        if entry is not None:
            entry.wait(1, FIRST_FRAME / len(mine.entries))
    mine.poll(desk)


def _read(mine: Bench, params: Mapping[str, str]) -> None:
    also = frozenset({AT, *CHOICES, *OTHERS, *options.OPTIONS})
    first, notices = from_query(params, also)
    runs, said = [first], list(notices)
    for name in OTHERS:
        if name in params:
            spec, more = from_difference(params[name], first)
            said += [f"{name}: {sentence}" for sentence in more if sentence not in notices]
            runs.append(spec)
    clipped = [engine().limits.clip(spec) for spec in runs]
    said += [sentence for _, sentences in clipped for sentence in sentences]
    runs = list(dict.fromkeys(spec for spec, _ in clipped))
    chosen, wrong = options.read(params)
    options.seed(chosen)
    said += wrong
    mine.runs, mine.head, mine.gone = runs, Playhead(speed=mine.head.speed), None
    for name, allowed in CHOICES.items():
        text = params.get(name, allowed[0])
        if text not in allowed:
            said.append(_instead(name, text, allowed))
        mine.chosen[name] = text if text in allowed else allowed[0]
    mine.start = _number(params.get(AT), said)
    mine.notices = tuple(dict.fromkeys(said))


def _instead(name: str, text: str, allowed: Sequence[str]) -> str:
    return section("link.option").fill(name=name, text=text[:40], allowed=", ".join(allowed), used=allowed[0])


def _number(text: str | None, said: list[str]) -> float:
    if text is None:
        return math.inf
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value) or value < 0:
        said.append(section("link.at", FILE).fill(text=text[:40]))
        return math.inf
    return value


def query(mine: Bench) -> dict[str, str]:
    """The address of what is on screen: the first run in full, the others as differences, options, position."""
    first, *others = mine.runs
    wish = to_query(first) | {name: to_difference(spec, first) for name, spec in zip(OTHERS, others, strict=False)}
    wish |= mine.chosen | {name: options.choice(name) for name in SHOWN}
    if not mine.head.moving and mine.start is None and math.isfinite(mine.now):
        wish[AT] = f"{mine.now:.10g}"
    return wish


def leave(mine: Bench) -> None:
    """Write the address of what is on screen."""
    mine.address.write(query(mine))
