from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from occam.datasets import DATASETS, OWN_CSV
from occam.link import from_query
from occam.spec import KNOBS, RunSpec
from occam.ui import controls, options
from occam.ui.presets import presets

SHORT = {"n_train": 20, "n_test": 20, "width": 4, "depth": 1, "max_steps": 4, "record_every": 2}
Open = Callable[..., Any]


def test_the_first_view_is_the_recorded_run_at_its_end(visit: Open) -> None:
    page = visit()
    assert page.desk.spec == RunSpec()
    assert page.desk.look.index == len(page.desk.entry.frames) - 1
    assert not page.desk.head.moving
    assert "<b>Step 2\u202f000</b> of 2\u202f000" in page.status
    assert len(page.charts) == 10
    assert not page.app.warning


def test_every_knob_and_option_is_in_the_address(visit: Open) -> None:
    page = visit()
    spec, notices = from_query({k: v for k, v in page.query.items() if k in {"v", *(n.query for n in KNOBS.values())}})
    assert (spec, notices) == (RunSpec(), ())
    assert page.query["at"] == "2000"
    assert page.query.keys() >= options.OPTIONS.keys()


def test_a_link_gives_its_knobs_and_its_picture(visit: Open) -> None:
    first = visit(**SHORT, at=2, dataset="xor", step_size=0.123).settled()
    again = visit(**first.query).settled()
    assert again.desk.spec == first.desk.spec
    assert again.desk.spec.training.step_size == 0.123
    assert again.app.select_slider(key="knob.training.step_size").value == 0.123
    assert "Step 2<" in again.status and not again.desk.head.moving
    assert [c.datasets[0].data.data for c in again.charts] == [c.datasets[0].data.data for c in first.charts]
    assert again.query == first.query


def test_a_bad_link_gives_one_notice_and_no_exception(visit: Open) -> None:
    page = visit(**SHORT, step_size="-7", activation="than", colour="red", at="soon", curve="x", n_train_="1")
    assert len(page.app.warning) == 1
    for word in ("Step size", "tanh", "colour", "at:", "curve"):
        assert word in page.warnings
    assert page.desk.spec.model.activation == "tanh"
    assert page.desk.spec.training.step_size > 0


def test_a_notice_goes_when_a_knob_moves(visit: Open) -> None:
    page = visit(**SHORT, activation="thanh")
    assert page.app.warning
    page.app.selectbox(key="knob.model.activation").select("relu")
    assert not page.run().app.warning


def test_a_knob_opens_the_new_run_from_its_first_step(visit: Open) -> None:
    page = visit(**SHORT)
    page.app.select_slider(key="knob.model.depth").set_value(2)
    page.run()
    assert page.desk.spec.model.depth == 2
    assert page.desk.entry.spec == page.desk.spec
    assert page.query["depth"] == "2"
    page.desk.head.pause()
    assert page.settled().desk.look.header.sizes == (2, 4, 4, 1)


def test_what_cannot_be_had_together_is_settled_with_a_notice(visit: Open) -> None:
    page = visit(**SHORT | {"batch_size": 16})
    page.app.select_slider(key="knob.data.n_train").set_value(10)
    page.run()
    assert page.desk.spec.training.batch_size == 10
    assert page.app.select_slider(key="knob.training.batch_size").value == 10
    assert len(page.app.warning) == 1


def test_the_player_steps_goes_back_and_resets(visit: Open) -> None:
    page = visit(**SHORT, at=0).settled()
    assert "Step 0<" in page.status
    page.click("player.step").settled()
    assert "Step 2<" in page.status and page.query["at"] == "2"
    page.click("player.back")
    assert "Step 0<" in page.status
    page.click("player.end").settled()
    assert "Step 4<" in page.status and "all steps done" in page.status
    before = page.desk.entry
    page.click("player.reset")
    assert "Step 0<" in page.status and page.desk.entry is before


def test_play_becomes_pause_and_pause_stops(visit: Open) -> None:
    page = visit(**SHORT | {"max_steps": 2000}, at=0, model_seed=5).settled()
    page.click("player.play")
    page.click("player.pause")
    assert page.app.button(key="player.play").label == "Play"
    assert not page.desk.head.moving


def test_a_new_seed_is_another_run_with_the_knob_to_match(visit: Open) -> None:
    page = visit(**SHORT, at=0).click("player.seed")
    assert page.desk.spec.model.seed == 1
    assert page.app.number_input(key="knob.model.seed").value == 1


def test_a_preset_sets_its_knobs_and_tells_why(visit: Open) -> None:
    page, wanted = visit(**SHORT, at=0), presets()["xor_linear"]
    page.app.session_state[controls.RESEED] = wanted.spec  # the test harness has no menus; a browser test clicks it
    page.run()
    assert page.desk.spec == wanted.spec
    assert page.app.selectbox(key="knob.data.dataset").value == "xor"
    assert wanted.why in page.text


def test_divergence_says_where_and_why_and_halves_the_step(visit: Open) -> None:
    page = visit(**SHORT | {"dataset": "sine", "n_train": 10, "step_size": 50, "max_steps": 500, "record_every": 1})
    page.click("player.end").settled()
    end = page.desk.entry.ending
    assert end.status == "diverged"
    assert f"diverged at step {end.step}" in page.text
    assert "γλ_max" in page.text
    page.click("diverged.halve")
    assert page.desk.spec.training.step_size == 25
    assert page.app.select_slider(key="knob.training.step_size").value == 25


@pytest.mark.parametrize("name", [name for name in DATASETS if name != OWN_CSV])
def test_every_dataset_is_drawn(visit: Open, name: str) -> None:
    page = visit(**SHORT, dataset=name, at=4).settled()
    assert page.desk.fresh
    assert len(page.charts) == 10
    assert "Step 4<" in page.status


@pytest.mark.parametrize(
    "extreme",
    [
        {"depth": 0, "width": 512},
        {"depth": 8, "width": 2},
        {"max_steps": 0},
        {"n_train": 1, "n_test": 1, "batch_size": 1, "sampling": "replacement"},
        {"gain": 10, "activation": "relu", "init": "he"},
        {"noise": 2, "stop_loss": 1e6},
        {"stop_time": 0.05},
        {"step_size": 1e-9, "param_penalty": 100, "input_penalty": 100, "weight_decay": 10, "momentum": 0.999},
        {"data_seed": 2**31 - 1, "model_seed": 2**31 - 1, "record_every": 1_000_000},
    ],
    ids=str,
)
def test_every_extreme_is_drawn(visit: Open, extreme: dict[str, object]) -> None:
    page = visit(**SHORT | extreme)
    assert not page.app.warning
    page.desk.head.to_end()
    page.settled()
    assert page.desk.fresh and page.desk.entry.over


def test_knobs_that_do_nothing_are_disabled_and_say_so(visit: Open) -> None:
    page = visit(**SHORT | {"depth": 0, "dataset": "iris"})
    for path in ("model.width", "data.noise"):
        assert page.app.select_slider(key=controls.key(path)).disabled
    assert page.app.selectbox(key="knob.training.sampling").disabled
    assert "no hidden layer" in page.app.select_slider(key="knob.model.width").help


def test_a_turned_knob_wakes_the_knobs_that_depend_on_it_at_once(visit: Open) -> None:
    page = visit(**SHORT)
    assert page.app.select_slider(key="knob.training.perturbation_size").disabled
    page.app.selectbox(key="knob.training.perturbation").set_value("gradient")
    page.run()
    assert not page.app.select_slider(key="knob.training.perturbation_size").disabled
    assert page.query["perturbation"] == "gradient"


def test_a_plane_of_two_features_and_the_hidden_units_come_from_the_trainer(visit: Open) -> None:
    page = visit(**SHORT, dataset="iris", at=0, plane="features", plane_x=3, plane_y=1).settled()
    for future in page.desk.asked.values():
        future.result(60)
    page.run()
    assert page.desk.plane_view.header.plane.labels[0].startswith("petal length")
    assert (page.query["plane_x"], page.query["plane_y"]) == ("3", "1")
    assert page.app.selectbox(key="plane_x").options[2].startswith("petal length")
    page.app.toggle(key="units.on").set_value(True)
    page.run()
    page.desk.asked["unit_maps"].result(60)
    assert len(page.run().charts) == 11


def test_a_link_to_an_own_file_asks_for_it(visit: Open) -> None:
    page = visit(dataset="csv", csv_sha256="ab" * 32, csv_target="y")
    assert "abababab" in page.text
    assert page.app.button(key="player.step").disabled
