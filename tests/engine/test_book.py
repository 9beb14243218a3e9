import threading

import pytest

from occam.engine.book import ENTRY_BYTES, Book, Entry
from occam.spec import RunSpec
from tests.engine.fakes import ENDING, frame, header


def spec(seed: int) -> RunSpec:
    return RunSpec().replace({"model.seed": seed})


def test_frames_that_come_twice_are_entered_once():
    entry = Entry(spec(0))
    entry.extend(0, [frame(0), frame(1)], header(entry.spec), None)
    entry.extend(1, [frame(1), frame(2)], None, None)
    entry.extend(0, [frame(0)], None, None)
    assert [known.step for known in entry.frames] == [0, 1, 2]
    assert entry.recording is not None
    assert entry.nbytes == ENTRY_BYTES + entry.recording.nbytes


def test_an_ending_ends_recovery():
    entry = Entry(spec(0), csv=b"x" * 1000)
    assert entry.nbytes == ENTRY_BYTES + 1000
    entry.recovering = True
    entry.extend(0, [], None, ENDING)
    assert entry.over and not entry.recovering


@pytest.mark.parametrize("event", ["frame", "ending", "fault"])
def test_wait_returns_when_the_frame_is_there_or_none_will_come(event):
    entry = Entry(spec(0))
    assert not entry.wait(1, 0.0)
    acts = {
        "frame": lambda: entry.extend(0, [frame(0)], None, None),
        "ending": lambda: entry.extend(0, [], None, ENDING),
        "fault": lambda: entry.fail("It cannot be."),
    }
    thread = threading.Thread(target=acts[event])
    thread.start()
    assert entry.wait(1, 60.0)
    thread.join()


def test_keys_tell_device_and_spec_apart():
    assert Entry(spec(0)).key == Entry(spec(0)).key
    assert len({Entry(spec(0)).key, Entry(spec(1)).key, Entry(spec(0), "cpu").key}) == 3
    assert Entry(spec(0)).number != Entry(spec(0)).number


def test_the_book_keeps_the_first_of_equal_entries():
    book = Book(10**6)
    first = book.put(Entry(spec(0)))
    assert book.put(Entry(spec(0))) is first
    assert book.get(first.key) is first
    assert book.get("unknown") is None


def test_the_book_drops_the_least_recently_used_but_none_that_is_leased():
    book = Book(3 * ENTRY_BYTES)
    leased, used, idle = (book.put(Entry(spec(seed))) for seed in range(3))
    leased.leases = 1
    book.get(used.key)
    newest = book.put(Entry(spec(3)))
    assert list(book) == [leased, used, newest]
    newest.extend(0, [frame(0, weights=ENTRY_BYTES)], None, None)
    book.trim()
    assert list(book) == [leased]
    assert book.nbytes == ENTRY_BYTES
    assert book.get(idle.key) is None


def test_what_is_being_entered_stays_even_if_it_is_too_large():
    book = Book(1)
    entry = book.put(Entry(spec(0)))
    assert book.get(entry.key) is entry


def test_discard_leaves_a_successor_alone():
    book = Book(10**6)
    old = book.put(Entry(spec(0)))
    book.discard(old)
    new = book.put(Entry(spec(0)))
    book.discard(old)
    assert book.get(new.key) is new
