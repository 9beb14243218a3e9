import math

import pytest

from occam.charts.words import number, pretty, reading, unit
from occam.glossary import METRICS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.2134, "0.213"),
        (-1.5, "−1.5"),
        (12.3456, "12.3"),
        (1234.5, "1234"),
        (0.001, "0.001"),
        (3.2e-7, "3.2 × 10⁻⁷"),
        (-4e-12, "−4.0 × 10⁻¹²"),
        (2.5e8, "2.5 × 10⁸"),
        (math.nan, "undefined"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_symbols_use_the_subscripts_that_exist():
    assert pretty("γλ_max") == "γλₘₐₓ"
    assert pretty("‖∇_x f‖²") == "‖∇ₓf‖²"


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_long_and_a_short_reading(name):
    long, short = reading(name, 0.5)
    assert METRICS[name].label in long
    assert len(short) <= len(long)
    assert long.endswith("= 0.5")
    assert short.endswith("= 0.5")


def test_a_symbol_that_repeats_its_label_is_left_out():
    assert reading("implicit_penalty", 1.0)[0] == "Implicit penalty = 1"
    assert reading("test_error", 1.0)[0] == "Test error = 1"


def test_a_unit_is_short():
    assert unit("train_loss") == "mean over samples"
