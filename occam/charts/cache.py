"""One computation per key, shared by all threads, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import lru_cache, wraps
from threading import Lock, RLock
from typing import Generic, ParamSpec, TypeVar

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")


def once(maxsize: int) -> Callable[[Callable[Arguments, Value]], Callable[Arguments, Value]]:
    """A decorator: `lru_cache(maxsize)`, but computed once however many threads ask for the same value at once.

    A crowd that meets a fresh process would else compile every chart as often as there are viewers.
    """

    def decorate(function: Callable[Arguments, Value]) -> Callable[Arguments, Value]:
        cached, lock = lru_cache(maxsize)(function), RLock()

        @wraps(function)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
            with lock:
                return cached(*args, **kwargs)

        return call

    return decorate


class Shared(Generic[Value]):
    """A least-recently-used map key → value with Σ size(value) ≤ `limit` bytes; the newest value always stays.

    `get(key, make)` runs `make` once per key however many threads ask at once: the others wait for that one result.
    A `make` that raises leaves nothing behind; every thread that waited for it sees the same exception.
    """

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        """Hold at most `limit` bytes, measured by `size`."""
        self._limit = limit
        self._size = size
        self._lock = Lock()
        self._futures: OrderedDict[Hashable, Future[Value]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._held = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `key`, made by `make` if it is not held."""
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = self._futures[key] = Future()
            else:
                self._futures.move_to_end(key)
        if mine:
            self._fill(key, future, make)
        return future.result()

    def _fill(self, key: Hashable, future: Future[Value], make: Callable[[], Value]) -> None:
        try:
            value = make()
        except BaseException as fault:
            with self._lock:
                del self._futures[key]
            future.set_exception(fault)
            raise
        with self._lock:
            self._sizes[key] = self._size(value)
            self._held += self._sizes[key]
            if self._held > self._limit:
                self._drop_oldest(key)
        future.set_result(value)

    def _drop_oldest(self, keep: Hashable) -> None:
        going, held = [], self._held
        for old in self._futures:
            if held <= self._limit:
                break
            # A value still being made has no size yet and must stay reachable for those who wait.
            if old != keep and old in self._sizes:
                going.append(old)
                held -= self._sizes[old]
        for old in going:
            del self._futures[old], self._sizes[old]
        self._held = held

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._held

    def __len__(self) -> int:
        """Number of values held or being made."""
        with self._lock:
            return len(self._futures)
