"""The player: commands to one viewer's playhead, and the timeline it moves along."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from occam.engine.playhead import DEFAULT_SPEED
from occam.ui import controls
from occam.ui.desk import Desk, Look, engine
from occam.ui.text import section

SPEEDS: dict[str, float | None] = {"slow": 4.0, "normal": DEFAULT_SPEED, "fast": 48.0, "newest": None}
TIMELINE = "player.timeline"
SPEED = "player.speed"
MOVED = "player.moved"  # set when the timeline moved the playhead: the buttons must be drawn anew


def buttons(desk: Desk) -> None:
    """Reset, back, play or pause, step, to the end, new seed, speed; each with a key on the keyboard but the last."""
    head = desk.head
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="player"):
        _button("reset", "first_page", "0", head.reset)
        _button("back", "chevron_left", "B", head.back, disabled=head.position == 0)
        if head.moving:
            _button("pause", "pause", "space", head.pause, kind="primary")
        else:
            _button("play", "play_arrow", "space", desk.play, kind="primary")
        _button("step", "chevron_right", "N", head.step, disabled=_is_last(desk))
        _button("end", "last_page", "E", head.to_end, disabled=_is_last(desk))
        _button("seed", "casino", "S", new_seed, desk)
        label = section("player.speed")
        names = list(SPEEDS)
        now = next((name for name, speed in SPEEDS.items() if speed == head.speed), "normal")
        st.session_state.setdefault(SPEED, now)
        st.selectbox(
            label.title,
            names,
            key=SPEED,
            format_func=lambda name: section(f"speed.{name}").title,
            label_visibility="collapsed",
            width=104,
            on_change=_set_speed,
            args=(desk,),
        )


def _button(
    name: str, icon: str, shortcut: str, act: Callable[..., None], *args: object, kind: str = "secondary", disabled: bool = False
) -> None:
    words = section(f"player.{name}")
    # Play and pause share a key, so that the button stays the same element and keeps the focus.
    key = "player.play" if name == "pause" else f"player.{name}"
    st.button(
        words.title,
        key=key,
        icon=f":material/{icon}:",
        help=words.body,
        shortcut=shortcut,
        type="primary" if kind == "primary" else "secondary",
        on_click=act,
        args=args,
        disabled=disabled,
    )


def new_seed(desk: Desk) -> None:
    """The same run from another initialisation: the next model seed."""
    change(desk, {"model.seed": (desk.spec.model.seed + 1) % (2**31)})


def turn(desk: Desk, spec: RunSpec) -> None:
    """Turn to another run, as far as this server allows it, and make the knobs say so; for callbacks."""
    spec, notices = engine().limits.clip(spec)
    controls.seed(spec)
    desk.turn_to(spec)
    desk.notices = notices


def change(desk: Desk, changes: dict[str, object]) -> None:
    """Turn to the run with some knobs changed, and make the widgets say so; for callbacks."""
    spec, notices = controls.settle(desk.spec, changes)
    turn(desk, spec)
    desk.notices += notices


def _set_speed(desk: Desk) -> None:
    was_playing = desk.head.playing
    desk.head.speed = SPEEDS[st.session_state[SPEED]]
    if was_playing:
        desk.play()


def _is_last(desk: Desk) -> bool:
    entry = desk.entry
    return entry is None or (entry.over and desk.head.position >= len(entry.frames) - 1)


def last_index(look: Look) -> int:
    """Index of the last record of the run: known once it has ended, else from the spec."""
    if look.entry.over:
        return len(look.frames) - 1
    spec = look.entry.spec
    return math.ceil(spec.training.last_step / spec.record_every)


def timeline(desk: Desk, look: Look | None) -> None:
    """A slider over the records of the run, in steps; letting go of it pauses there."""
    every = desk.spec.record_every
    last = last_index(look) if look is not None and desk.fresh else math.ceil(desk.spec.training.last_step / every)
    goal = desk.head.goal
    index = int(goal) if goal is not None and not math.isinf(goal) else desk.head.position
    st.session_state[TIMELINE] = min(index, max(last, 1)) * every
    label = section("player.timeline")
    st.slider(
        label.title,
        min_value=0,
        max_value=max(last, 1) * every,
        step=every,
        key=TIMELINE,
        help=label.body,
        label_visibility="collapsed",
        disabled=last == 0,
        on_change=_scrub,
        args=(desk, every),
    )


def _scrub(desk: Desk, every: int) -> None:
    desk.head.scrub(round(st.session_state[TIMELINE] / every))
    st.session_state[MOVED] = True
