"""Is training on adversarial inputs the same as a penalty on the input gradient, and does either make f simpler?"""

import streamlit as st

from occam.ui import input_penalty, layout, options
from occam.ui import input_penalty_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk, page = my_desk(), states.state()
states.arrive(page)


def stop_or_go() -> None:
    """Stop computing the tab's study, or go on with it."""
    if page.tab in page.stopped:
        page.stopped.discard(page.tab)
    else:
        page.stopped.add(page.tab)
        engine().leave_study(desk.viewer, page.entries[page.tab])


with st.sidebar:
    states.wish(page)

layout.dress()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {section('page', states.FILE).title}", width="content")
    states.segments(page, "tab", label_visibility="collapsed")
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        stopped = page.tab in page.stopped
        words = section("state.go" if stopped else "state.stop", states.FILE)
        icon = ":material/play_arrow:" if stopped else ":material/stop:"
        st.button(words.title, key="input.stop", icon=icon, help=words.body, on_click=stop_or_go)
        with st.popover(section("view").title, icon=":material/tune:", key="view"):
            options.segments("size")
with st.container(key="why"):
    st.caption(section(f"tab.{page.tab}", states.FILE).body)
with st.container(key="notices"):
    if page.notices:
        st.warning("  \n".join(page.notices), icon=":material/info:")

try:
    input_penalty.run(desk, page, input_penalty.lay_out(page))
except ValueError as fault:  # what the engine refuses, in a sentence for the viewer
    st.warning(str(fault), icon=":material/error:")
states.leave(page)
engine().start()
