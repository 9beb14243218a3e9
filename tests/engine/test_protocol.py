import io

import pytest

from occam.engine.protocol import Hello, Leave, Setup, Train, Until
from occam.pipes import receive, send
from occam.spec import RunSpec

MESSAGES = (Setup(2, 3), Train(1, RunSpec(), "auto", b"a,b\n", 0, None), Until(1, 4), Leave(1), Hello("CPU"))


def wire(*batches):
    stream = io.BytesIO()
    for batch in batches:
        send(stream, batch)
    return stream.getvalue()


def test_messages_arrive_in_order_however_they_were_batched():
    stream = io.BytesIO(wire(MESSAGES[:2], MESSAGES[2:3], [], MESSAGES[3:]))
    assert tuple(receive(stream)) == MESSAGES


@pytest.mark.parametrize("missing", [1, 5, 20])
def test_a_message_cut_short_is_the_end(missing):
    whole = wire(MESSAGES[:1], MESSAGES[3:4])
    assert tuple(receive(io.BytesIO(whole[:-missing]))) == MESSAGES[:1]
