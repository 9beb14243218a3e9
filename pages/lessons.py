"""What do you expect, what comes out, and how often does it come out so?  One claim a lesson."""

import streamlit as st

from occam.ui import exports, layout, lesson_guide, lesson_reveal, lesson_steps
from occam.ui import lesson_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
layout.dress()
st.html(layout.CSS.with_name("lesson.css"))
faults = states.course().faults
if faults:
    st.error(f"**{section('faults', states.FILE).title}**\n\n" + "\n".join(f"- {line}" for line in faults))
if not states.course().lessons:
    st.info(f"**{section('none', states.FILE).title}.** {section('none', states.FILE).body}")
    st.stop()

desk, page = my_desk(), states.state()
states.arrive(page)
with st.sidebar:
    lesson_steps.sidebar(page)
with st.container(key="lesson"):
    lesson_steps.head(page)
    if page.facilitator:
        lesson_guide.guide(page)
    lesson_steps.steps(desk, page)
    lesson_steps.way(page)
    lesson_reveal.take_home(page)
    last = st.container()
states.leave(page)
with last:
    exports.of_page(st.query_params.to_dict())
engine().start()
