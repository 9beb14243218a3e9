"""Lessons: one claim each, a file each in data/lessons; read, checked and judged without torch."""
