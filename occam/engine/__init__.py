"""The engine: one trainer process, recordings shared by all viewers, fair turns.  Import-free on purpose."""
