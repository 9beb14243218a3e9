"""Questions to the trainer about recorded weights: one future each, shared and kept, asked again once after a death."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from occam.engine.protocol import Answer, Ask, AskKind
from occam.spec import RunSpec
from occam.training.frames import Header

NO_ANSWER = "The training process ended before it could answer."


@dataclass
class _Question:
    message: Ask
    future: Future[Any]
    retried: bool = False


class Questions:
    """Futures by (kind, what it is about, options), at most `most` kept, the least recently used dropped first.

    Not locked: the engine calls it under its lock.  A future fails with RuntimeError, in one sentence.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Any, Future[Any]] = OrderedDict()
        self._open: dict[int, _Question] = {}
        self._tickets = 0

    def ask(
        self,
        kind: AskKind,
        about: Hashable,
        subject: Header | RunSpec,
        params: NDArray[np.floating],
        csv: bytes | None,
        options: Mapping[str, Any],
    ) -> tuple[Future[Any], Ask | None]:
        """The future, and the message to send if nobody has asked this before; `about` names run and weights."""
        key = (kind, about, repr(sorted(options.items())))
        future = self._known.get(key)
        if future is not None and not (future.done() and future.exception()):
            self._known.move_to_end(key)
            return future, None
        self._tickets += 1
        future = self._known[key] = Future()
        self._known.move_to_end(key)
        future.set_running_or_notify_cancel()  # shared with later askers, so nobody may cancel it
        message = Ask(self._tickets, kind, subject, params, csv, options)
        self._open[self._tickets] = _Question(message, future)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return future, message

    def answered(self, answer: Answer) -> None:
        """Settle the future that `answer` is for."""
        question = self._open.pop(answer.ticket, None)
        if question is None:
            return
        if answer.fault is None:
            question.future.set_result(answer.value)
        else:
            question.future.set_exception(RuntimeError(answer.fault))

    def pending(self) -> Iterator[Ask]:
        """What a new trainer has to be asked."""
        return (question.message for question in self._open.values())

    def died(self, given_up: bool) -> None:
        """The trainer died: what it was asked before is lost if it was asked twice or no other trainer follows."""
        for ticket, question in list(self._open.items()):
            if given_up or question.retried:
                del self._open[ticket]
                question.future.set_exception(RuntimeError(NO_ANSWER))
            question.retried = True
