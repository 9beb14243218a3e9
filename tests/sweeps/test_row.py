"""Rows: what was looked for, what was reached, which numbers are equal."""

from __future__ import annotations

from dataclasses import replace

from occam.sweeps.row import END, wanted
from tests.sweeps.rows import mark, row


def test_levels_are_those_reached_and_those_missed():
    found = row(0, (END, ("loss", 0.1)), missed=(("time", 5.0),))
    assert found.levels == {END, ("loss", 0.1), ("time", 5.0)}
    assert found.mark() is found.marks[0] and found.mark("loss", 0.1) is found.marks[1]
    assert found.mark("time", 5.0) is found.mark("loss", 0.2) is None


def test_the_levels_of_a_sweep_in_order():
    assert wanted() == (END,)
    assert wanted((0.1, 0.2), (5.0,)) == (END, ("loss", 0.1), ("loss", 0.2), ("time", 5.0))


def test_equal_numbers_have_equal_fingerprints_whatever_their_order():
    one = row(0, (END, ("loss", 0.1)), missed=(("time", 5.0), ("loss", 0.01)))
    shuffled = replace(one, marks=one.marks[::-1], missed=one.missed[::-1], seconds=1.0)
    assert shuffled.fingerprint == one.fingerprint
    zero = mark()
    signed = replace(zero, metrics=zero.metrics | {"train_loss": -0.0})
    unsigned = replace(zero, metrics=zero.metrics | {"train_loss": 0.0})
    assert row(marks=(signed,)).fingerprint != row(marks=(unsigned,)).fingerprint
