"""Where a run is computed: chosen by the size of the work, overridable, with a fallback that is said."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

DeviceChoice = Literal["auto", "cpu", "cuda"]

# Multiplications in one gradient below which launching GPU kernels takes longer than the work itself: about 60 launches
# of 5 µs against the 50 multiplications a nanosecond that one core does in large products (measured), and a third more
# for the copies of a record.
SMALLEST_GPU_WORK = 20_000_000


def choose_device(choice: DeviceChoice, parameters: int, samples: int) -> tuple[torch.device, str]:
    """The device for a run of that many parameters and samples a step, and its name in words for the page.

    "auto" takes the GPU only if there is one and one gradient (3 · parameters · samples multiplications) outweighs the
    kernel launches; "cuda" without a GPU falls back to the CPU and says so.
    """
    available = torch.cuda.is_available()
    large = 3 * parameters * samples >= SMALLEST_GPU_WORK
    if available and (choice == "cuda" or (choice == "auto" and large)):
        return torch.device("cuda"), f"GPU · {torch.cuda.get_device_name()}"
    name = f"CPU · {platform.machine()}"
    return torch.device("cpu"), name if choice != "cuda" or available else f"{name} (no GPU found)"


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread of the CPU: two add in another order, so that a run's numbers would depend on the
    machine, and on a busy one they are many times as slow.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
