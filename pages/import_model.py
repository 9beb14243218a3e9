"""What does the theory say of a network that was trained elsewhere?"""

import streamlit as st

from occam.ui import exports, layout, model_page, options
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk, page = my_desk(), model_page.state()
model_page.arrive(desk, page)

with st.sidebar:
    model = model_page.wish(desk, page)

layout.dress()
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {model_page.text('page').title}", width="content")
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        with st.popover(section("view").title, icon=":material/tune:", key="view"):
            options.segments("size")
        export = st.container(width="content")
with st.container(key="why"):
    st.caption(model_page.text("page").body)
with st.container(key="notices"):
    model_page.told(page, model)
model_page.run(desk, page, model, model_page.places())
model_page.leave(page)
with export:
    exports.of_page(st.query_params.to_dict())
engine().start()
