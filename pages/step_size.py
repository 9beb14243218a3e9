"""What does the length of a gradient step do, beyond being fast or slow?"""

import streamlit as st

from occam.ui import layout, options, step_size, step_size_layout
from occam.ui import step_size_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk, page = my_desk(), states.state()
states.arrive(page)


def choose() -> None:
    """Turn to the chosen tab; the one before goes on computing for nobody."""
    page.tab = st.session_state["step.tab"]
    page.notices = ()


def stop_or_go() -> None:
    """Stop computing the tab's study, or go on with it."""
    entry = page.entries[page.tab]
    if page.tab in page.stopped:
        page.stopped.discard(page.tab)
    else:
        page.stopped.add(page.tab)
        engine().leave_study(desk.viewer, entry)


with st.sidebar:
    states.wish(page)

layout.dress()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {section('page', states.FILE).title}", width="content")
    st.session_state.setdefault("step.tab", page.tab)
    st.segmented_control(
        section("tabs", states.FILE).title,
        list(states.TABS),
        key="step.tab",
        required=True,
        format_func=lambda name: section(f"tab.{name}", states.FILE).title,
        label_visibility="collapsed",
        on_change=choose,
    )
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        if page.tab != "landscape":
            name = "state.go" if page.tab in page.stopped else "state.stop"
            icon = ":material/play_arrow:" if page.tab in page.stopped else ":material/stop:"
            st.button(section(name, states.FILE).title, key="step.stop", icon=icon, on_click=stop_or_go)
        with st.popover(section("view").title, icon=":material/tune:", key="view"):
            options.segments("size")
with st.container(key="why"):
    st.caption(section(f"tab.{page.tab}", states.FILE).body)
with st.container(key="notices"):
    if page.notices:
        st.warning("  \n".join(page.notices), icon=":material/info:")

try:
    step_size.run(desk, page, step_size_layout.lay_out(page))
except ValueError as fault:  # what the engine refuses, in a sentence for the viewer
    st.warning(str(fault), icon=":material/error:")
states.leave(page)
engine().start()
