from __future__ import annotations

from collections.abc import Callable
from typing import Any

from occam.ui.lesson_state import course

Open = Callable[..., Any]


def test_the_plan_names_every_lesson_with_its_minutes(visit: Open) -> None:
    page = visit()
    page.app.switch_page("pages/workshop.py").run()
    assert not page.app.exception
    lessons = course().lessons.values()
    for lesson in lessons:
        assert f"**{lesson.title}** · {lesson.minutes} minutes" in page.text
    assert f"{sum(lesson.minutes for lesson in lessons)} minutes by the lessons' own count" in page.text
