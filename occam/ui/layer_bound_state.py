"""What the viewer of the layer bound's page looks at: sample, layer, scalar f, false claim; all of it in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from occam.charts.layer_bound import CLAIMS, Claim
from occam.theory.proof import Norm
from occam.training.frames import Header
from occam.ui import options
from occam.ui.desk import Desk
from occam.ui.links import Own
from occam.ui.text import section

FILE = "layer_bound"
SAMPLE, LAYER, SCALAR, CLAIM, SKIP, GAP, TRAINED = "sample", "layer", "f", "claim", "skip", "gap", "trained"
LOSS = "loss"
SIZES = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # of the skip connection, ‖v‖
GAPS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # between what two places see
SHARED = ("shared", "local", "dense")
# name in the link → what is allowed, the first being the default; whole numbers count from 1
CHOICES: dict[str, tuple[str, ...]] = {
    CLAIM: tuple(CLAIMS),
    SKIP: tuple(map(str, (10.0, *SIZES))),
    GAP: tuple(map(str, (0.1, *GAPS))),
    TRAINED: SHARED,
}
NUMBERS = {SAMPLE: 1, LAYER: 2}


def key(name: str) -> str:
    """The widget key of one of these."""
    return f"bound.{name}"


@dataclass(frozen=True)
class Wish:
    """What is looked at, fitted to a run: `sample` and `layer` count from 0, `of` is an output, None for the loss."""

    sample: int
    layer: int
    of: int | None
    claim: Claim
    skip: float
    norm: Norm


def fit(desk: Desk, header: Header) -> Wish:
    """Bring the widgets' values into the range of this run, with a notice; call before they are made."""
    state = st.session_state
    n, layers, outputs = len(header.y_train), len(header.sizes) - 1, header.sizes[-1]
    for name, most in ((SAMPLE, n), (LAYER, layers)):
        asked = int(state.setdefault(key(name), min(NUMBERS[name], most)))
        if asked > most:
            state[key(name)] = most
            label = section(name, FILE).title
            desk.notices += (section("link.fitted", FILE).fill(label=label, asked=asked, used=most),)
    offered = scalars(header)
    if state.get(key(SCALAR)) not in offered:
        state[key(SCALAR)] = offered[0]
    claim = state.setdefault(key(CLAIM), CHOICES[CLAIM][0])
    state.setdefault(key(SKIP), float(CHOICES[SKIP][0]))
    scalar = state[key(SCALAR)]
    return Wish(
        sample=state[key(SAMPLE)] - 1,
        layer=state[key(LAYER)] - 1,
        of=None if scalar == LOSS else min(int(scalar), outputs) - 1,
        claim=next(name for name in CLAIMS if name == claim),
        skip=float(state[key(SKIP)]),
        norm="frobenius" if options.choice("norm") == "frobenius" else "operator",
    )


def scalars(header: Header) -> tuple[str, ...]:
    """What f may be: the outputs, counted from 1, and the loss; first the one that the records are of."""
    outputs = tuple(str(output + 1) for output in range(header.sizes[-1]))
    return (*outputs, LOSS) if len(outputs) == 1 else (LOSS, *outputs)


def _seed(params: Mapping[str, str]) -> tuple[str, ...]:
    notices, state = [], st.session_state

    def instead(name: str, text: str, used: object) -> None:
        notices.append(section("link.own", FILE).fill(name=name, text=text[:40], used=used))

    for name, default in NUMBERS.items():
        text = params.get(name, str(default))
        good = text.isdecimal() and int(text[:9]) > 0 and len(text) <= 9
        state[key(name)] = int(text) if good else default
        if not good:
            instead(name, text, default)
    for name, allowed in CHOICES.items():
        text = params.get(name, allowed[0])
        used = text if text in allowed else allowed[0]
        if used != text:
            instead(name, text, used)
        state[key(name)] = float(used) if name in (SKIP, GAP) else used
    scalar = params.get(SCALAR, "")
    if scalar and not (scalar == LOSS or (scalar.isdecimal() and len(scalar) <= 3)):
        instead(SCALAR, scalar, "f")
        scalar = ""
    state[key(SCALAR)] = scalar or None
    return tuple(notices)


def _query() -> dict[str, str]:
    names = (*NUMBERS, *CHOICES, SCALAR)
    return {name: str(st.session_state[key(name)]) for name in names if st.session_state.get(key(name)) is not None}


OWN = Own(frozenset((*NUMBERS, *CHOICES, SCALAR)), _seed, _query)
