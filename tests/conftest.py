"""Same numbers on every machine: one thread, and property tests that draw the same cases each time."""

import os

# Read by torch and the BLAS libraries when they load; torch itself is imported only by tests that need it.
for threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

from hypothesis import HealthCheck, settings  # noqa: E402  after the threads are set: it may load NumPy

settings.register_profile(
    "occam",
    derandomize=True,
    deadline=None,  # a deadline is a wall-clock assertion
    suppress_health_check=[HealthCheck.too_slow],  # so is this one
)
settings.load_profile("occam")
