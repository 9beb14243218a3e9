"""Studies: computations beyond one run, streamed from the trainer and shared by spec.  Import-free on purpose."""
