"""Training: the cohort step, the run loop, what is measured and when, and on which device."""
