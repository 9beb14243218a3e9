import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from occam.charts.cache import Shared, once


def cache(limit=10):
    return Shared(limit, len)


def test_a_value_is_made_once_and_kept():
    shared, made = cache(), []
    for _ in range(3):
        assert shared.get("k", lambda: made.append(1) or b"abc") == b"abc"
    assert made == [1]
    assert shared.nbytes == 3


def test_the_oldest_values_leave_when_the_limit_is_passed():
    shared = cache(10)
    for key in "abc":
        shared.get(key, lambda: b"1234")
    assert len(shared) == 2
    assert shared.nbytes == 8
    assert shared.get("c", lambda: pytest.fail("held")) == b"1234"
    assert shared.get("a", lambda: b"anew") == b"anew"


def test_use_keeps_a_value_young():
    shared = cache(10)
    for key in "ab":
        shared.get(key, lambda: b"1234")
    shared.get("a", lambda: b"")
    shared.get("c", lambda: b"1234")
    assert shared.get("a", lambda: b"gone") == b"1234"


def test_a_value_above_the_limit_is_held_alone():
    shared = cache(10)
    shared.get("small", lambda: b"1")
    shared.get("large", lambda: b"x" * 50)
    assert len(shared) == 1
    assert shared.nbytes == 50


def test_a_failure_is_told_and_forgotten():
    def fail():
        raise ZeroDivisionError

    shared = cache()
    with pytest.raises(ZeroDivisionError):
        shared.get("k", fail)
    assert len(shared) == 0
    assert shared.get("k", lambda: b"now") == b"now"


def test_sixty_threads_share_one_computation():
    shared, made, seen = cache(), [], []
    gate, everyone = threading.Event(), threading.Barrier(60, timeout=30)

    def make():
        gate.wait(30)
        made.append(1)
        return b"frame"

    def view():
        everyone.wait()
        seen.append(shared.get("k", make))

    threads = [threading.Thread(target=view) for _ in range(60)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(30)
    assert made == [1]
    assert len(seen) == 60
    assert all(value is seen[0] for value in seen)


def test_many_threads_on_many_keys_stay_within_the_limit():
    shared = cache(100)

    def view(start):
        for i in range(200):
            key = (start * 7 + i) % 40
            assert shared.get(key, lambda key=key: bytes([key]) * 10) == bytes([key]) * 10

    threads = [threading.Thread(target=view, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert shared.nbytes <= 100
    assert shared.nbytes == 10 * len(shared)


def test_a_crowd_computes_once():
    calls = []
    gate = threading.Barrier(4)

    @once(maxsize=8)
    def slow(x):
        calls.append(x)
        return 2 * x

    def ask():
        gate.wait()
        return slow(3)

    with ThreadPoolExecutor(4) as pool:
        assert [future.result() for future in [pool.submit(ask) for _ in range(4)]] == [6] * 4
    assert calls == [3]
