"""How does one run the course with a room of people?"""

import streamlit as st

from occam.ui import layout, workshop
from occam.ui.router import only_by_navigation

only_by_navigation()
layout.dress()
words = workshop.text("page")
st.markdown(f"#### {words.title}")
st.caption(words.body)
with st.container(width=820):
    for name in ("before", "plan", "during", "wording", "after", "trouble"):
        words = workshop.text(name)
        st.markdown(f"##### {words.title}")
        if name != "plan":
            st.markdown(words.body)
        else:
            st.markdown(words.fill(minutes=workshop.minutes()))
            st.markdown("\n".join(workshop.plan()))
