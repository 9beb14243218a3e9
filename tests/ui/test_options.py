from __future__ import annotations

import pytest

from occam.spec import KNOBS
from occam.ui import options
from occam.ui.links import OWN


def test_an_empty_link_gives_the_defaults() -> None:
    assert options.read({}) == ({name: choices[0] for name, choices in options.OPTIONS.items()}, ())


@pytest.mark.parametrize("name", options.OPTIONS)
def test_every_choice_is_read_and_every_other_gives_a_notice(name: str) -> None:
    for choice in options.OPTIONS[name]:
        assert options.read({name: choice}) == (options.read({})[0] | {name: choice}, ())
    chosen, notices = options.read({name: "x" * 500})
    assert chosen == options.read({})[0]
    assert len(notices) == 1 and name in notices[0] and len(notices[0]) < 200


def test_options_and_knobs_have_different_names_in_a_link() -> None:
    assert not OWN & {"v", *(knob.query for knob in KNOBS.values())}
