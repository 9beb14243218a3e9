"""The guide to a workshop: prose, and the plan of the course read from the lessons themselves."""

from __future__ import annotations

from collections.abc import Iterator

from occam.ui import lesson_guide
from occam.ui.lesson_state import course
from occam.ui.text import Section, section

FILE = "workshop"


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def plan() -> Iterator[str]:
    """One line of Markdown a lesson: its minutes and how often its claim came true."""
    for number, lesson in enumerate(course().lessons.values(), 1):
        words = text("plan.row").fill(
            title=lesson.title, minutes=lesson.minutes, expected=lesson_guide.expected(lesson)
        )
        yield f"{number}. {words}"


def minutes() -> int:
    """The whole course, in minutes."""
    return sum(lesson.minutes for lesson in course().lessons.values())
