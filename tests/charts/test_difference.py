"""The difference map: its numbers, when there is none, and a spec that stays while frames arrive."""

import dataclasses
import json

import numpy as np
import pytest

from occam.charts import difference
from occam.charts.arrow import decode
from occam.charts.boundary import View, sigmoid
from tests.charts.synthetic import CASES, frames, header, undefined


def side(letter: str, index: int, case: str = "binary") -> difference.Side:
    head = header(**CASES[case])
    return difference.Side(letter, f"{case} {letter}", head, frames(head)[index])


@pytest.mark.parametrize("case", CASES)
def test_the_spec_stays_while_frames_arrive_and_every_dataset_is_used(case: str):
    charts = [difference.draw(side("A", i, case), side("B", 4 - i, case)) for i in (0, 1, 2)]
    assert len({json.dumps(chart.spec) for chart in charts}) == 1
    used = {layer["data"]["name"] for layer in charts[0].spec["layer"]}
    assert used == set(charts[0].datasets) and charts[0].alt.endswith(".")
    assert len(set(charts[0].datasets.values())) == len(charts[0].datasets), "of equal data one mounts anew"


def test_two_classes_differ_by_their_probabilities():
    first, second = side("A", 1), side("B", 3)
    table = difference.table(first, second)
    a, b = (sigmoid(one.frame.values.astype(np.float32)) for one in (first, second))
    assert np.allclose(table["difference"], (a - b).ravel(), atol=1e-6)
    assert {"u", "v", "f_A", "f_B"} <= set(table)
    assert "A − B of σ(f)" in difference.draw(first, second).alt


def test_equal_runs_have_no_difference():
    chart = difference.draw(side("A", 2), side("B", 2))
    assert "mean distance of A − B of σ(f) from 0 in the drawn box is 0" in chart.alt
    assert "different classes in 0.0%" in chart.alt


def test_more_classes_are_shaded_where_they_are_not_the_same():
    first, second = side("A", 0, "three classes"), side("B", 4, "three classes")
    differ = first.frame.winners != second.frame.winners
    assert f"different classes in {differ.mean():.1%}" in difference.draw(first, second).alt


def test_what_is_not_finite_is_said():
    first = side("A", 2)
    lost = dataclasses.replace(first, key="lost", frame=undefined(first.frame))
    chart = difference.draw(lost, side("B", 2))
    assert "not finite" in chart.alt and "diverged" in decode(chart.datasets["words"])["note"][0]


def test_only_the_same_space_and_kind_of_output_can_be_compared():
    head = header()
    assert difference.comparable(head, header(n=7))
    wider = dataclasses.replace(head.plane, high=head.plane.high + 1)
    assert not difference.comparable(head, dataclasses.replace(head, plane=wider))
    turned = dataclasses.replace(head.plane, axes=head.plane.axes[::-1])
    assert not difference.comparable(head, dataclasses.replace(head, plane=turned))
    for case in ("regression", "curve", "three classes", "curve of two classes"):
        assert not difference.comparable(head, header(**CASES[case]))


def test_a_shared_view_is_wide_enough_for_all():
    head = header(task="regression")
    wider = dataclasses.replace(head.plane, low=head.plane.low - 1, high=head.plane.high + 2)
    other = dataclasses.replace(head, plane=wider, y_train=head.y_train * 3)
    view = View.shared([head, other])
    assert view is not None and view.low == (-3.0, -3.0) and view.high == (4.5, 4.5)
    assert view.targets[1] == pytest.approx(float(other.y_train.max()))
    assert View.shared([head]) == View.of(head) and View.shared([head, header()]) is None
