"""What the viewer of the layer bound's page looks at: sample, layer, scalar f, false claim; all of it in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from occam.charts.layer_bound import CLAIMS, Claim
from occam.theory.counterexamples import Weights
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
SHARED: tuple[Weights, ...] = ("shared", "local", "dense")
# name in the link → what is allowed, the first being the default; whole numbers count from 1
CHOICES: dict[str, tuple[str, ...]] = {
    CLAIM: tuple(CLAIMS),
    SKIP: tuple(map(str, (10.0, *SIZES))),
    GAP: tuple(map(str, (0.1, *GAPS))),
    TRAINED: SHARED,
}
NUMBERS = {SAMPLE: 1, LAYER: 2}
ASKED, OFFERED = "bound.f.asked", "bound.f.offered"


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
    """What is looked at in this run; call before the widgets are made.

    Once the picture is of the run that the knobs describe, widgets that ask for more than it has are brought into its
    range, with a notice; until then they are left alone, for the next run may have it.
    """
    state, offered = st.session_state, scalars(header)
    reached: dict[str, int] = {}
    for name, most in ((SAMPLE, len(header.y_train)), (LAYER, len(header.sizes) - 1)):
        asked = int(state.setdefault(key(name), NUMBERS[name]))
        reached[name] = min(asked, most)
        if asked > most and desk.fresh:
            state[key(name)] = most
            if asked != NUMBERS[name]:
                label = section(name, FILE).title
                desk.notices += (section("link.fitted", FILE).fill(label=label, asked=asked, used=most),)
    scalar = state.get(key(SCALAR))
    if scalar not in offered or state.get(OFFERED) not in (None, offered):
        # Another kind of output: what the link asked for, or what the records are of.
        scalar = state.get(ASKED) if state.get(ASKED) in offered else offered[0]
        state[key(SCALAR)] = scalar
    state[OFFERED] = offered
    claim = state.setdefault(key(CLAIM), CHOICES[CLAIM][0])
    state.setdefault(key(SKIP), float(CHOICES[SKIP][0]))
    return Wish(
        sample=reached[SAMPLE] - 1,
        layer=reached[LAYER] - 1,
        of=None if scalar == LOSS else int(str(scalar)) - 1,
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
    state[key(SCALAR)] = state[ASKED] = scalar or None
    state[OFFERED] = None
    return tuple(notices)


def _query() -> dict[str, str]:
    names = (*NUMBERS, *CHOICES, SCALAR)
    return {name: str(st.session_state[key(name)]) for name in names if st.session_state.get(key(name)) is not None}


OWN = Own(frozenset((*NUMBERS, *CHOICES, SCALAR)), _seed, _query)
