import subprocess
import sys

import numpy as np
import pytest

from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.spec import RunSpec
from occam.studies import archive
from occam.studies.kinds.runs import Runs
from occam.studies.spec import Progress

SPEC = Runs(specs=(RunSpec(),))
RESULTS = [Progress(1.0, 2.0), {"x": np.arange(3.0), "y": (1, "two", None)}, np.float32(0.5)]


def test_a_study_comes_back_and_is_what_a_page_then_finds(tmp_path):
    path = tmp_path / "deep" / archive.file_name(SPEC)
    archive.save(SPEC, RESULTS, path)
    ((spec, results),) = archive.load_all(path.parent)
    assert spec == SPEC and type(spec) is Runs
    np.testing.assert_equal(results, RESULTS)
    engine = Engine(LOCAL)
    entry = engine.adopt_study(spec, results)
    assert engine.study("a", SPEC) is entry and entry.ended and engine.trainer_pid is None


def test_no_folder_no_studies(tmp_path):
    assert list(archive.load_all(tmp_path / "none")) == []


def test_equal_studies_give_equal_files(tmp_path):
    for name in ("a", "b"):
        archive.save(SPEC, RESULTS, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"PK\x05\x06" + bytes(18)])
def test_another_file_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "odd.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"odd\.npz: not a"):
        archive.load(path)


def test_a_study_that_has_changed_since_is_refused_and_left_out_of_a_folder(tmp_path, monkeypatch, caplog):
    path = tmp_path / "old.npz"
    archive.save(SPEC, RESULTS, path)
    monkeypatch.setattr("occam.studies.spec.STUDY_VERSION", 0)
    with pytest.raises(ValueError, match=r"old\.npz: not a study"):
        archive.load(path)
    archive.save(Runs(specs=SPEC.specs), RESULTS, tmp_path / "new.npz")  # a spec computes its digest once
    assert [spec for spec, _ in archive.load_all(tmp_path)] == [SPEC]
    assert "old.npz: not a study" in caplog.text


def test_reading_loads_no_torch(tmp_path):
    archive.save(SPEC, RESULTS, tmp_path / "study.npz")
    code = (
        "import sys; from pathlib import Path; from occam.studies import archive, defaults, registry;"
        f"archive.load(Path({str(tmp_path / 'study.npz')!r}));"
        "assert not {'torch', 'scipy', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
