"""The gallery holds what pages open with."""

import subprocess
import sys
from pathlib import Path

from occam.__main__ import main
from occam.spec import RunSpec
from occam.studies import archive, defaults
from occam.studies.kinds.runs import Runs

GALLERY = Path(__file__).parents[2] / "data" / "gallery"
SMALL = RunSpec().replace({"data.n_train": 10, "data.n_test": 10, "training.max_steps": 3})


def test_the_command_stores_the_default_studies_and_removes_what_is_none(tmp_path, monkeypatch, capsys):
    spec = Runs(specs=(SMALL,))
    monkeypatch.setattr(defaults, "DEFAULTS", (spec,))
    outdated = tmp_path / "studies" / "runs-0123456789abcdef.npz"
    outdated.parent.mkdir()
    outdated.touch()
    monkeypatch.setattr("occam.training.run.train", lambda *_, **__: None)
    monkeypatch.setattr("occam.training.archive.save", lambda *_: None)
    assert main(["gallery", str(tmp_path)]) == 0
    ((stored, results),) = archive.load_all(tmp_path / "studies")
    assert stored == spec and [result.index for result in results] == [0]
    assert archive.file_name(spec) in capsys.readouterr().out and not outdated.exists()


def test_the_gallery_holds_the_studies_of_today():
    wanted = {archive.file_name(spec) for spec in defaults.DEFAULTS}
    assert {path.name for path in (GALLERY / "studies").glob("*.npz")} == wanted


def test_a_page_reads_the_gallery_without_torch():
    code = (
        "import sys; from pathlib import Path; from occam.studies import archive;"
        f"list(archive.load_all(Path({str(GALLERY / 'studies')!r})));"
        "assert not {'torch', 'scipy', 'sklearn'} & set(sys.modules), 'a class of results lives beside torch'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
