"""The player: commands to one viewer's playhead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import streamlit as st

from occam.engine.playhead import DEFAULT_SPEED, Playhead
from occam.spec import RunSpec
from occam.ui import controls
from occam.ui.desk import Desk, engine
from occam.ui.text import section

SPEEDS: dict[str, float | None] = {"slow": 4.0, "normal": DEFAULT_SPEED, "fast": 48.0, "newest": None}
SPEED = "player.speed"


class Played(Protocol):
    """What the commands move."""

    head: Playhead

    def play(self) -> None:
        """Play on, or from the beginning at the end of what has ended."""

    @property
    def at_end(self) -> bool:
        """Whether what is on screen is the last that there will be."""
        ...


def buttons(desk: Played) -> None:
    """Reset, back, play or pause, step, to the end, new seed, speed; each with a key on the keyboard but the last.

    A new seed is for a desk only, which has one run.
    """
    head = desk.head
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="player", width="content"):
        _button("reset", "first_page", "0", head.reset)
        _button("back", "chevron_left", "B", head.back, disabled=head.position == 0)
        if head.moving:
            _button("pause", "pause", "space", head.pause, kind="primary")
        else:
            _button("play", "play_arrow", "space", desk.play, kind="primary")
        _button("step", "chevron_right", "N", head.step, disabled=desk.at_end)
        _button("end", "last_page", "E", head.to_end, disabled=desk.at_end)
        if isinstance(desk, Desk):
            _button("seed", "casino", "S", new_seed, desk)
        label = section("player.speed")
        names = list(SPEEDS)
        now = next((name for name, speed in SPEEDS.items() if speed == head.speed), "normal")
        st.session_state.setdefault(SPEED, now)
        st.selectbox(
            label.title,
            names,
            index=names.index(now),  # as well: what is set in a run that is cut short never reaches the browser
            key=SPEED,
            format_func=lambda name: section(f"speed.{name}").title,
            label_visibility="collapsed",
            width=118,
            on_change=_set_speed,
            args=(desk,),
        )


def _button(
    name: str,
    icon: str,
    shortcut: str,
    act: Callable[..., None],
    *args: object,
    kind: Literal["primary", "secondary"] = "secondary",
    disabled: bool = False,
) -> None:
    words = section(f"player.{name}")
    # Play and pause are two elements: the space bar on a focused button is both its shortcut and its click, and the
    # second of these must not meet the opposite command.
    st.button(
        words.title,
        key=f"player.{name}",
        icon=f":material/{icon}:",
        help=words.body,
        shortcut=shortcut,
        type=kind,
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


def _set_speed(desk: Played) -> None:
    was_playing = desk.head.playing
    desk.head.speed = SPEEDS[st.session_state[SPEED]]
    if was_playing:
        desk.play()
