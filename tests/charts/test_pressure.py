import pytest

from occam.charts import pressure
from occam.charts.arrow import decode
from tests.charts.synthetic import frames, header

TERMS = {"train_loss": 0.5, "implicit_penalty": 0.25, "param_penalty": 0.0, "input_penalty": 0.25}


def recorded():
    made = frames(header())
    made[2].metrics.update(TERMS)
    return made


def test_areas_stand_on_each_other():
    chart = pressure.draw("stack", header(), recorded(), 2, form="stack")
    past, now = decode(chart.datasets["past"]), decode(chart.datasets["now"])
    assert [past[f"top{i}"][2] for i in range(4)] == [0.5, 0.75, 0.75, 1.0]
    assert now["implicit_penalty_long"] == ["Implicit penalty = 0.25 (25 %)"]


@pytest.mark.parametrize("form", ["lines", "stack"])
def test_the_sentence_gives_the_share_of_the_penalties(form):
    assert pressure.draw("share", header(), recorded(), 2, form=form).alt == (
        "Step 40: Training loss 0.5, Implicit penalty 0.25, Explicit parameter-gradient penalty 0, "
        "Explicit input-gradient penalty 0.25; the penalties are 50 % of the sum."
    )


def test_an_undefined_penalty_leaves_the_rest_of_the_stack():
    made = recorded()
    made[2].metrics["implicit_penalty"] = float("nan")
    past = decode(pressure.draw("gap", header(), made, 2, form="stack").datasets["past"])
    assert past["top3"][2] == 0.75


def test_the_table_has_the_terms():
    assert list(pressure.table(header(), recorded(), 0).columns) == ["step", *TERMS]
