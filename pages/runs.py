"""Which runs are there, of this session and stored, and what can be done with them?"""

import streamlit as st

from occam.ui import layout, options, runs, runs_files, runs_kept, runs_state
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.runs_state import LIST, LISTS, SEARCH, text
from occam.ui.text import section

only_by_navigation()
desk, page = my_desk(), runs_state.state()
runs_state.arrive(page, desk)

layout.dress()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {text('page').title}", width="content")
    if not runs_kept.hosted():
        st.segmented_control(
            text("list").title,
            LISTS,
            key=LIST,
            required=True,
            format_func=lambda name: text(f"list.{name}").title,
            help=text("list").body,
            label_visibility="collapsed",
            on_change=runs_state.choose,
        )
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        runs_files.upload(desk, page)
        with st.popover(section("view").title, icon=":material/tune:", key="view"):
            options.segments("size")
with st.container(key="why"):
    st.caption(text("hosted" if runs_kept.hosted() else "page").body)
st.text_input(
    text("search").title,
    key=SEARCH,
    placeholder=text("search").body,
    icon=":material/search:",
    label_visibility="collapsed",
    on_change=runs_state.choose,
)
shown = st.container()
with st.container(key="notices"):
    said = st.container()
with shown:
    runs.draw(desk, page)
with said:
    for sentence in page.said:
        st.success(sentence, icon=":material/check:")
    if page.faults:
        st.warning("  \n".join(page.faults), icon=":material/error:")
runs_state.leave(page)
engine().start()
