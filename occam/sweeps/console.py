"""A sweep on the command line: its progress while it runs, and what came of it."""

from __future__ import annotations

import sys
from typing import Literal

from occam.datasets import Table
from occam.studies.spec import Progress
from occam.sweeps.executors.job import Executor, ExecutorFault
from occam.sweeps.failed import Failed
from occam.sweeps.progress import ProgressBar
from occam.sweeps.row import Row
from occam.sweeps.spec import SweepSpec
from occam.sweeps.store import Store, StoreFault
from occam.sweeps.sweep import run

Outcome = Literal["complete", "stopped", "incomplete"]


def compute(sweep: SweepSpec, store: Store, executor: Executor, table: Table | None) -> Outcome:
    """Run a sweep into the store; progress and faults go to stderr, the end to stdout.

    "stopped": by Ctrl-C; "incomplete": the store or the executor gave up, or some runs could not be computed.
    """
    bar = ProgressBar(sys.stderr, sweep.count)
    counts, over, failures, fault = {"finished": 0, "diverged": 0}, 0, list[Failed](), ""
    stopped = False
    items = run(sweep, store, executor, table=table)
    try:
        for item in items:
            if isinstance(item, Row):
                counts[item.status] += 1
            elif isinstance(item, Failed):
                failures.append(item)
            elif isinstance(item, Progress):
                over = round(item.done)
            bar.show(over, sum(counts.values()))
    except KeyboardInterrupt:
        stopped = True
    except (StoreFault, ExecutorFault) as caught:
        fault = str(caught)
    bar.end()
    failed = sum(len(item.specs) for item in failures)
    stored, new = over - failed, f"{sum(counts.values())} of them new, {counts['diverged']} of these diverged"
    for item in failures:
        print(f"{len(item.specs)} runs ({item.specs[0].digest}, …): {item.sentence}", file=sys.stderr)
    if fault:
        print(fault, file=sys.stderr)
    print(f"{'at least ' * (stopped or bool(fault))}{stored} of {sweep.count} runs are in {store.path}, {new}")
    if stored == sweep.count:
        return "complete"
    print("The same command goes on from there.", file=sys.stderr)
    return "stopped" if stopped else "incomplete"
