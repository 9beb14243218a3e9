import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from occam.engine.limits import HOSTED, LOCAL, Limits, curve_seconds, frame_bytes, poll_seconds
from occam.spec import RunSpec

DEFAULT = RunSpec()


def test_hosted_by_environment_alone():
    assert Limits.read({}) is LOCAL
    assert Limits.read({"OCCAM_HOSTED": "0"}) is LOCAL
    assert Limits.read({"OCCAM_HOSTED": "1"}) is HOSTED
    assert Limits.read() is Limits.read(os.environ)


@pytest.mark.parametrize("limits", [LOCAL, HOSTED])
def test_the_default_run_is_allowed(limits):
    assert limits.clip(DEFAULT) == (DEFAULT, ())
    limits.check(DEFAULT)


@pytest.mark.parametrize("path", HOSTED.most)
def test_each_cap_gives_one_notice_that_names_the_knob_and_both_values(path):
    greedy = DEFAULT.replace({path: HOSTED.most[path] + 1, "record_every": 500})
    clipped, notices = HOSTED.clip(greedy)
    assert clipped.value(path) == HOSTED.most[path]
    assert len(notices) == 1
    assert str(greedy.value(path)) in notices[0] and str(HOSTED.most[path]) in notices[0]
    with pytest.raises(ValueError, match="beyond what this server allows"):
        HOSTED.check(greedy)


def test_a_batch_never_outgrows_the_clipped_samples():
    greedy = DEFAULT.replace({"data.n_train": 5000, "training.batch_size": 4000})
    clipped, notices = HOSTED.clip(greedy)
    assert clipped.training.batch_size == clipped.data.n_train == 1000
    assert len(notices) == 2


specs = st.builds(
    lambda **changes: DEFAULT.replace({path.replace("__", "."): value for path, value in changes.items()}),
    data__n_train=st.integers(1, 10_000),
    data__dataset=st.sampled_from(["moons", "digits", "sine", "iris"]),
    model__depth=st.integers(0, 8),
    model__width=st.integers(1, 512),
    training__max_steps=st.integers(0, 1_000_000),
    record_every=st.integers(100, 1_000_000),
)


@given(specs)
def test_a_clipped_spec_is_within_all_caps_and_is_left_alone(spec):
    clipped, notices = HOSTED.clip(spec)
    assert HOSTED.clip(clipped) == (clipped, ())
    assert (clipped == spec) == (not notices)
    assert all(clipped.value(path) <= cap for path, cap in HOSTED.most.items())
    records = 1 + -(-clipped.training.last_step // clipped.record_every)
    assert records <= HOSTED.records
    assert records <= 2 or records * frame_bytes(clipped) <= HOSTED.run_bytes


def test_hosted_recordings_of_all_live_runs_nearly_fit_the_book():
    assert HOSTED.live_runs * HOSTED.run_bytes <= 1.1 * HOSTED.book_bytes


def test_own_tables_count_as_the_largest():
    own = {"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": "y"}
    assert frame_bytes(DEFAULT.replace(own)) > frame_bytes(DEFAULT.replace({"data.dataset": "digits"}))


@pytest.mark.parametrize(("viewers", "seconds"), [(0, 0.08), (1, 0.08), (60, 0.5), (120, 1.0), (1000, 1.5)])
def test_polls_slow_down_with_the_crowd(viewers, seconds):
    assert poll_seconds(viewers) == pytest.approx(seconds)


@pytest.mark.parametrize(("took", "seconds"), [(0.01, 0.08), (0.2, 0.6), (9.0, 1.5)])
def test_polls_leave_a_busy_host_time_to_draw(took, seconds):
    assert poll_seconds(1, took) == pytest.approx(seconds)


@pytest.mark.parametrize(("viewers", "seconds"), [(0, 0.5), (1, 0.5), (40, 8.0), (1000, 12.0)])
def test_curves_slow_down_sooner(viewers, seconds):
    assert curve_seconds(viewers) == pytest.approx(seconds)
