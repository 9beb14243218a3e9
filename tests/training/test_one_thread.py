import numpy as np
import torch

from occam.spec import RunSpec
from occam.training.run import train


def test_a_run_is_the_same_however_many_threads_torch_may_use():
    spec = RunSpec().replace({"data.n_train": 20, "model.depth": 2, "model.width": 6, "training.max_steps": 40})
    before, last = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        last.append(train(spec).frames[-1])
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    np.testing.assert_array_equal(last[0].params, last[1].params)
    np.testing.assert_equal(last[0].metrics, last[1].metrics)
