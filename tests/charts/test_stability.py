import math

import pytest

from occam.charts import stability
from occam.charts.arrow import decode
from tests.charts.synthetic import frames, header


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.3, "below 1, the expansion holds"),
        (1.0, "between 1 and 2, a mode oscillates"),
        (2.0, "between 1 and 2, a mode oscillates"),
        (2.1, "above 2, a quadratic diverges"),
        (math.inf, "above 2, a quadratic diverges"),
        (math.nan, "not measured"),
    ],
)
def test_a_number_has_a_meaning(value, words):
    assert stability.verdict(value) == words


def test_the_needle_stands_at_the_number_and_the_words_say_it():
    head = header()
    chart = stability.draw("needle", head, frames(head), 2)
    now = decode(chart.datasets["now"])
    assert now == {"value": [1.5], "text": ["γλₘₐₓ = 1.5"], "verdict": ["between 1 and 2, a mode oscillates"]}
    assert chart.alt == "Step 40: γλ_max is 1.5, between 1 and 2, a mode oscillates."


@pytest.mark.parametrize(("value", "place"), [(50.0, 3.0), (-0.1, 0.0), (math.inf, 3.0), (math.nan, None)])
def test_the_needle_stays_on_the_track(value, place):
    head = header()
    recorded = frames(head)
    recorded[0].metrics["stability"] = value
    assert decode(stability.draw(f"off {value}", head, recorded, 0).datasets["now"])["value"] == [place]


def test_the_zones_meet():
    head = header()
    zones = decode(stability.draw("zones", head, frames(head), 0).datasets["zones"])
    assert zones["from"] == [0.0, 1.0, 2.0]
    assert zones["to"] == [1.0, 2.0, 3.0]


def test_the_table_has_sharpness_too():
    head = header()
    assert list(stability.table(head, frames(head), 0).columns) == ["step", "sharpness", "stability"]
