"""The trainer process, `python -m occam.engine.trainer`: torch, live runs and studies, a pipe to the page process.

It ends as soon as its stdin does, also in the middle of a step: whoever started it is gone then.
"""

from __future__ import annotations

import functools
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import Any, BinaryIO, NoReturn

from occam.datasets import Table, parse_csv
from occam.engine.protocol import Answer, Ask, Begin, Halt, Hello, Setup, ToPage, ToTrainer, Train
from occam.engine.scheduler import Scheduler, sentence
from occam.engine.study_turns import StudyTurns
from occam.pipes import receive, send
from occam.spec import RunSpec
from occam.studies import registry

LOOK = 0.005  # seconds between two looks whether a module is loaded

_log = logging.getLogger(__name__)
_loader = ThreadPoolExecutor(1, "load")
# Small enough to be quick; mini-batch and penalties off as in the default run, whose code paths it loads.
WARM_UP = RunSpec().replace({"data.n_train": 20, "data.n_test": 20, "training.max_steps": 2})


def main() -> NoReturn:
    """Serve the process that holds the other end of stdin and stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the app; its end is seen on stdin
    # What prints to stdout must not get between the messages: file descriptor 1 becomes stderr.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    inbox: SimpleQueue[ToTrainer] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), name="listen", daemon=True).start()
    try:
        _serve(out, inbox)
    except BrokenPipeError:  # the listener is about to notice the same
        os._exit(0)


def _listen(stream: BinaryIO, inbox: SimpleQueue[ToTrainer]) -> None:
    try:
        for message in receive(stream):
            inbox.put(message)
    finally:
        os._exit(0)


def _serve(out: BinaryIO, inbox: SimpleQueue[ToTrainer]) -> NoReturn:
    # Imported here, after the listener is up: loading torch takes a second or more, in which the page may go away or
    # send more than a pipe holds.
    import torch

    from occam.training.cohort import Cohort
    from occam.training.live import LiveRun
    from occam.training.run import train

    def prepare(order: Train) -> LiveRun:
        return LiveRun(order.spec, table=_table(order.csv), device=order.device)

    torch.set_num_threads(1)
    device = train(WARM_UP).header.device
    gc.collect()
    gc.freeze()  # torch's hundred thousand objects need not be looked at again
    send(out, [Hello(device)])
    setup = inbox.get()
    assert isinstance(setup, Setup)
    scheduler = Scheduler(setup, prepare, Cohort, time.perf_counter)
    studies = StudyTurns(setup.most_studies, _begin, time.perf_counter)
    questions: deque[Ask] = deque()
    while True:
        idle = scheduler.idle and studies.idle and not questions
        while idle or not inbox.empty():
            message = inbox.get()
            idle = False
            if isinstance(message, Ask):
                questions.append(message)
            elif isinstance(message, Begin | Halt):
                studies.obey(message)
            elif not isinstance(message, Setup):
                scheduler.obey(message)
        news = turn(scheduler, studies, time.perf_counter)
        if questions:
            news.append(_answer(questions.popleft()))
        if news:
            send(out, news)


def turn(scheduler: Scheduler, studies: StudyTurns, clock: Callable[[], float]) -> list[ToPage]:
    """One turn of live runs, then, unless somebody waits for a first frame, the studies' share of it."""
    alone, began = scheduler.idle, clock()
    news = scheduler.work()
    if not scheduler.urgent:
        news += studies.work(None if alone else clock() - began)
    return news


@functools.lru_cache(maxsize=4)  # every change of a knob of a run on own data sends the same file again
def _table(csv: bytes | None) -> Table | None:
    return None if csv is None else parse_csv(csv)


def _begin(order: Begin) -> Iterator[Any]:
    """What the study yields; its module is loaded beside other work, as SciPy alone takes half a second."""
    loading = _loader.submit(registry.function, order.spec)
    while not wait([loading], LOOK).done:
        yield None
    yield from loading.result()(order.spec, _table(order.csv))


def _answer(question: Ask) -> Answer:
    from occam.training import inspect

    ask: dict[str, Callable[..., Any]] = {
        "unit_maps": inspect.unit_maps,
        "plane_maps": inspect.plane_maps,
        "proof": inspect.proof,
        "row_maps": inspect.row_maps,
    }
    try:
        table = _table(question.csv)
        value = ask[question.kind](question.subject, question.params, table=table, **question.options)
        return Answer(question.ticket, value)
    except Exception as error:
        _log.error("%s failed", question.kind, exc_info=error)
        return Answer(question.ticket, fault=sentence(error, "This picture could not be computed"))


if __name__ == "__main__":
    main()
