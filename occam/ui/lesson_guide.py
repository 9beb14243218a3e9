"""For whoever leads the room: timing, the expected outcome, what to say, what to read out, links to hand out."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from occam.lessons.lesson import Lesson, filled
from occam.ui import lesson_state as states
from occam.ui.lesson_reveal import label, text
from occam.ui.lesson_state import State, frequencies

PATH = "lessons"


def base() -> str:
    """The address of this page as the browser has it, without a query."""
    url = st.context.url or ""
    return url.partition("?")[0] or f"/{PATH}"


def link(query: dict[str, str]) -> str:
    """A full link."""
    return f"{base()}?{urlencode(query)}"


def guide(page: State) -> None:
    """All of it for the lesson on screen."""
    lesson = page.current
    with st.container(key="lesson_guide", border=True):
        st.markdown(f"**{text('facilitator').title}** · {text('guide.timing').fill(minutes=lesson.minutes)}")
        st.markdown(f"**{text('guide.expected').title}.** {expected(lesson)} {_told(lesson, 'expected')}")
        st.markdown(f"**{text('guide.disagrees').title}.** {_told(lesson, 'disagrees')}")
        read = _told(lesson, "read").replace("\n", "\n> ")
        st.markdown(f"**{text('guide.read').title}**\n\n> {read}")
        st.markdown(f"**{text('guide.links').title}.** {text('guide.links').body}")
        same = {"lesson": lesson.name, "v": "1", "seed": str(page.attempt.seed)}
        for name, query in (("own", states.query(page, bare=True)), ("same", same)):
            st.caption(text(f"guide.{name}").title)
            st.code(link(query), language=None, wrap_lines=True)
        with st.expander(text("guide.all").title):
            lines = [f"{one.title}\n{link(states.query(page, one.name, bare=True))}" for one in page.lessons]
            st.code("\n\n".join(lines), language=None, wrap_lines=True)


def expected(lesson: Lesson) -> str:
    """The claim and every outcome with their measured counts."""
    found = frequencies().get(lesson.name)
    if found is None:
        return text("share.unknown").title + "."
    counts = {choice.name: found.count(choice.name) for choice in lesson.choices}
    lost = found.n - sum(counts.values())
    parts = [f"“{label(lesson, name)}” {count}" for name, count in counts.items()]
    parts += [f"{text('undecided').title.lower()} {lost}"] if lost else []
    claim, count = label(lesson, lesson.claim), counts[lesson.claim]
    return text("guide.expected").fill(claim=claim, count=count, n=found.n, all=", ".join(parts))


def _told(lesson: Lesson, name: str) -> str:
    """A section for the facilitator, with no numbers of a run that this reader may not have made."""
    return filled(lesson.sections[name].body, {})
