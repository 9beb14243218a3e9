from __future__ import annotations

import math

import pytest

from occam.glossary import METRICS
from occam.training.frames import Ending
from occam.ui.words import ending, meaning, number, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.51234, "−0.512"),
        (12345.0, "12\u202f345"),
        (0.000123, "1.23·10⁻⁴"),
        (-4.56e7, "−4.56·10⁷"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_share() -> None:
    assert share(0.1234) == "12.3\u202f%"
    assert share(math.nan) == "–"


def test_a_meaning_names_symbol_unit_and_source() -> None:
    text = meaning("geometric_complexity")
    metric = METRICS["geometric_complexity"]
    assert all(part in text for part in (metric.symbol, metric.definition, metric.unit, metric.source))


def test_divergence_is_explained_by_the_measured_number() -> None:
    text = ending(Ending("diverged", "loss_too_large", 7, 2e6, 3.25))
    assert "step 7" in text and "2.00·10⁶" in text and "γλ_max = 3.25" in text and "Above 2" in text


def test_divergence_without_a_large_number_before_claims_less() -> None:
    text = ending(Ending("diverged", "loss_not_finite", 7, math.nan, 0.4))
    assert "γλ_max = 0.4, not above 2" in text
