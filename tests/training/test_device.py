"""The device: by the size of the work, by choice, or what there is."""

from __future__ import annotations

import pytest
import torch

from occam.training.device import SMALLEST_GPU_WORK, DeviceChoice, choose_device
from occam.training.run import train
from tests.specs import tiny

SMALL = (1000, SMALLEST_GPU_WORK // 3001)
LARGE = (1000, SMALLEST_GPU_WORK // 3000 + 1)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Abacus 3000")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("choice", "work", "kind"),
    [
        ("auto", SMALL, "cpu"),
        ("auto", LARGE, "cuda"),
        ("cpu", LARGE, "cpu"),
        ("cuda", SMALL, "cuda"),
    ],
)
def test_with_a_gpu(choice: DeviceChoice, work: tuple[int, int], kind: str):
    device, words = choose_device(choice, *work)
    assert device.type == kind
    assert (words == "GPU · Abacus 3000") == (kind == "cuda")
    assert "no GPU" not in words


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("choice", ["auto", "cpu", "cuda"])
@pytest.mark.parametrize("work", [SMALL, LARGE])
def test_without_a_gpu(choice: DeviceChoice, work: tuple[int, int]):
    device, words = choose_device(choice, *work)
    assert device.type == "cpu" and words.startswith("CPU · ")
    assert ("no GPU found" in words) == (choice == "cuda")


@pytest.mark.usefixtures("no_gpu")
def test_a_run_carries_the_name_of_its_device():
    assert "no GPU found" in train(tiny(training__max_steps=0), device="cuda").header.device
