"""Do simpler functions generalise better, over many runs, and where do they not?"""

import streamlit as st

from occam.sweeps.store import StoreFault
from occam.ui import complexity, complexity_builder, complexity_sweep, controls, exports, layout, links, options
from occam.ui import complexity_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation

only_by_navigation()
desk, page = my_desk(), states.state()
links.arrive(desk, states.FILE, states.OWN)
complexity_sweep.arrive(desk)

own = page["table"] == "own"
with st.sidebar:
    if not own:
        st.caption(states.text("sidebar").body)
    spec = controls.wish(desk)
desk.follow(spec, options.device())
desk.head.pause()
desk.poll()

layout.dress()
st.html(complexity.CSS)
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {states.text('page').title}", width="content")
    states.segments("table", complexity_sweep.offered(), label_visibility="collapsed")
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        with st.popover(states.text("view").title, icon=":material/tune:", key="view"):
            options.segments("size")
        command = st.container(width="content")
with st.container(key="why"):
    st.caption(states.text(f"about.{page['table']}").body)
with st.container(key="notices"):
    if desk.notices:
        st.warning("  \n".join(desk.notices), icon=":material/info:")

try:
    if own:
        sweep = complexity_builder.build(desk, page)
        complexity_sweep.command(desk, page, sweep)
    table = complexity_sweep.table(page)
    if table is None:
        st.caption(states.text("sweep.idle" if own else "stored.none").body)
    else:
        complexity.choose(page, table)
        complexity.run(desk, page, table)
except (StoreFault, ValueError) as fault:  # in sentences for the viewer
    st.warning(str(fault), icon=":material/error:")
links.leave(desk, states.OWN)
with command:
    exports.of_page(st.query_params.to_dict())
engine().start()
