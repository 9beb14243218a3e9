"""A worker process, `python -m occam.sweeps.worker`: units come on stdin, rows go to stdout, until stdin ends.

It ends as soon as its stdin does, also in the middle of a step: whoever started it is gone then.  It also ends after
`PATIENCE` seconds without a unit; whoever started it starts another one when there is work again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from queue import Empty, SimpleQueue
from typing import BinaryIO, NoReturn

from occam.pipes import receive, send

PATIENCE = 20.0  # seconds without a unit: whoever started it computes nothing at present


def main() -> NoReturn:
    """Serve the process that holds the other end of stdin and stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it; the end is seen on stdin
    # What prints to stdout must not get between the messages: file descriptor 1 becomes stderr.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    inbox: SimpleQueue = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), name="listen", daemon=True).start()
    try:
        _serve(out, inbox)
    except (BrokenPipeError, Empty):
        os._exit(0)


def _listen(stream: BinaryIO, inbox: SimpleQueue) -> None:
    try:
        for unit in receive(stream):
            inbox.put(unit)
    finally:
        os._exit(0)


def _serve(out: BinaryIO, inbox: SimpleQueue) -> NoReturn:
    import torch  # after the listener is up: it takes a second, in which whoever started this may go away

    from occam.sweeps.compute import compute
    from occam.sweeps.executors.job import told
    from occam.sweeps.executors.local import Broken, Done, Ready

    torch.set_num_threads(1)
    send(out, [Ready()])
    while True:
        unit = inbox.get(timeout=PATIENCE)
        try:
            for row in compute(unit):
                if row is not None:
                    send(out, [row])
        except BrokenPipeError:
            raise
        except Exception as error:
            send(out, [Broken(told(error))])
        else:
            send(out, [Done()])


if __name__ == "__main__":
    main()
