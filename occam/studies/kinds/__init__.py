"""What a page needs of a study, a module a page: specs and the dataclasses of results.  NumPy only, never torch."""
