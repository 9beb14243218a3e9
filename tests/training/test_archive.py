"""Archives: a recording comes back to the last bit, nothing else is read, and the gallery is what `gallery` makes."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from occam.__main__ import main
from occam.spec import RunSpec
from occam.training import archive
from occam.training.frames import Recording
from occam.training.run import train
from tests.specs import tiny

GALLERY = Path(__file__).parents[2] / "data" / "gallery" / "default.npz"


def parts(recording: Recording) -> list[Any]:
    """Everything a recording holds, in order; arrays as type, shape and bytes."""
    found: list[Any] = []
    for part in (recording.header, recording.header.plane, *recording.frames):
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                value = (value.dtype.str, value.shape, value.tobytes())
            elif isinstance(value, dict):
                value = {name: np.float64(number).tobytes() for name, number in value.items()}
            if field.name != "plane":
                found.append((field.name, value))
    return [*found, repr(recording.ending)]


@pytest.mark.parametrize(
    "spec",
    [
        tiny(),
        tiny(data__dataset="sine", model__depth=0, training__stop_loss=1e5),
        tiny(data__dataset="iris", model__depth=2, training__batch_size=5),
        tiny(data__dataset="multi_gauss", training__stop_time=0.25),
        tiny(data__dataset="plane", model__gain=10.0, training__step_size=100.0, record_every=1),
    ],
    ids=lambda spec: spec.data.dataset,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_recording_comes_back_to_the_last_bit(spec: RunSpec, dtype: Any, tmp_path: Path):
    run = train(spec, dtype=dtype)
    path = tmp_path / "new" / "run"
    archive.save(run, path)
    back = archive.load(path)
    assert parts(back) == parts(run)
    assert back.header.spec.digest == spec.digest and type(back) is Recording
    archive.save(back, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_recording_without_an_ending_comes_back(tmp_path: Path):
    run = train(tiny())
    archive.save(Recording(run.header, run.frames[:1]), tmp_path / "run.npz")
    assert archive.load(tmp_path / "run.npz").ending is None


class Trap:
    """Unpickling this leaves a mark."""

    sprung = False

    def __reduce__(self):
        return _spring, ()


def _spring() -> None:
    Trap.sprung = True


def _npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def _changed(content: bytes, **changes: Any) -> bytes:
    """A stored recording with entries of `about` changed."""
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored}
    about = json.loads(str(arrays.pop("about"))) | changes
    return _npz(about=np.array(json.dumps(about)), **arrays)


def test_any_other_file_is_refused_in_a_sentence_and_never_unpickled(tmp_path: Path):
    archive.save(train(tiny()), tmp_path / "good.npz")
    good = (tmp_path / "good.npz").read_bytes()
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    others = [
        b"", b"text", good[: len(good) // 2], array.getvalue(), pickle.dumps(Trap()), _npz(x=np.zeros(3)),
        _npz(about=np.array("{")), _npz(about=np.array("[]")), _npz(about=np.array([Trap()], dtype=object)),
        _changed(good, format=2), _changed(good, metrics=["step"]), _changed(good, spec={"lr": 1}),
        _changed(good, ending={"why": 1}), good.replace(b"frame_values", b"frame_volume"),
    ]  # fmt: skip
    path = tmp_path / "other.npz"
    for content in others:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"^other.npz: not a recording of format 1, the one this version reads\.$"):
            archive.load(path)
    assert not Trap.sprung
    with pytest.raises(FileNotFoundError):
        archive.load(tmp_path / "missing.npz")


def test_the_gallery_is_a_run_of_the_default_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """What `python -m occam gallery data/gallery` makes.

    On the processor that made the file the two are equal to the last bit.  Another one multiplies and takes tanh in
    other roundings, so here only what no rounding touches must be equal, and numbers to a tolerance: training in
    float64 instead moves weights by 3e-6 and metrics by 2e-6 of their value.
    """
    assert main(["gallery", str(tmp_path / "new")]) == 0
    assert "default.npz" in capsys.readouterr().out
    stored, fresh = archive.load(GALLERY), archive.load(tmp_path / "new" / "default.npz")
    assert stored.header.spec == fresh.header.spec == RunSpec()
    for name in ("task", "sizes", "classes", "dtype"):
        assert getattr(stored.header, name) == getattr(fresh.header, name)
    assert stored.header.plane.labels == fresh.header.plane.labels
    assert [frame.step for frame in stored.frames] == [frame.step for frame in fresh.frames] == list(range(0, 2001, 20))
    assert stored.ending is not None and fresh.ending is not None
    assert (stored.ending.status, stored.ending.reason) == (fresh.ending.status, fresh.ending.reason)
    assert np.allclose(stored.header.train, fresh.header.train, atol=1e-6)
    assert np.array_equal(stored.header.y_train, fresh.header.y_train)
    for old, new in zip(stored.frames, fresh.frames, strict=True):
        assert np.allclose(old.params, new.params, rtol=0.0, atol=1e-4)
        assert np.allclose(old.values, new.values, rtol=2e-3, atol=1e-3)
        for name, value in old.metrics.items():
            assert math.isclose(value, new.metrics[name], rel_tol=1e-4, abs_tol=1e-12) or "error" in name, name


def test_a_gallery_that_cannot_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()
    assert main(["gallery", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"DIR: {tmp_path / 'file'} is a file; allowed: a folder, new or existing\n"
