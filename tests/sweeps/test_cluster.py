"""The same contract on a real Dask cluster: a scheduler and two workers, each a process of its own."""

import sys
import time

import pytest

from occam.spec import RunSpec
from occam.sweeps.compute import compute
from occam.sweeps.executors import cluster
from occam.sweeps.executors.cluster import Cluster
from occam.sweeps.executors.job import ExecutorFault
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit
from tests.sweeps.dask_cluster import dask_cluster

SMALL = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 1, "model.width": 4, "training.max_steps": 300}
)
SPECS = [SMALL.replace({"model.seed": seed}) for seed in range(24)]
BAD = SMALL.replace({"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": "y"})


def cut(specs, size=2):
    return [Unit(tuple(specs[start : start + size]), at_losses=(0.6,)) for start in range(0, len(specs), size)]


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as dask:
        yield dask


def gather(executor, until=lambda found: False):
    found, end = [], time.monotonic() + 60
    while not executor.idle and not until(found):
        assert time.monotonic() < end, "it takes too long"
        found += executor.poll(0.05)
    return found


def prints(found):
    rows = [item for item in found if isinstance(item, Row)]
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: row.fingerprint for row in rows}


def test_rows_are_the_same_to_the_last_bit_and_a_killed_worker_loses_none_and_doubles_none(dask):
    expected = {row.key: row.fingerprint for unit in cut(SPECS) for row in compute(unit) if row is not None}
    executor = Cluster(dask.address)
    assert executor.idle and executor.poll(0.0) == []

    executor.submit([Unit((*SPECS[:2], BAD))])  # a run that cannot be computed fails alone
    found = gather(executor)
    (failed,) = [item for item in found if isinstance(item, Failed)]
    assert failed.specs == (BAD,) and "CSV" in failed.sentence
    assert set(prints(found)) == {spec.digest for spec in SPECS[:2]}

    executor.submit(iter(cut(SPECS)))  # what is cancelled is forgotten
    gather(executor, until=bool)
    executor.cancel()
    assert executor.idle and executor.poll(0.0) == []

    executor.submit(iter(cut(SPECS)))
    found = gather(executor, until=bool)
    dask.workers[0].kill()
    found += gather(executor)
    assert prints(found) == expected
    executor.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "http://[::1", ""])
def test_a_wrong_address_is_told_in_a_sentence(address, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(ExecutorFault, match=r"no Dask scheduler answers there; allowed: the address of one"):
        Cluster(address)


def test_so_is_a_missing_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorFault, match=r"pip install 'occam\[cluster\]'"):
        Cluster("tcp://127.0.0.1:8786")


def test_a_cluster_without_workers_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "MOST_AWAY", 0.0)
    monkeypatch.setattr(cluster, "COUNT_EVERY", 0.0)
    with dask_cluster(tmp_path, workers=0) as dask:
        executor = Cluster(dask.address)
        executor.submit(cut(SPECS[:2]))
        with pytest.raises(ExecutorFault, match="no worker"):
            gather(executor)
        executor.close()
