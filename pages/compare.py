"""What do a few runs learn, side by side, at the same step, physical time or training loss?"""

import streamlit as st

from occam.studies.defaults import COMPARED
from occam.ui import (
    compare,
    compare_bench,
    compare_choices,
    compare_link,
    compare_side,
    exports,
    layout,
    options,
    player,
)
from occam.ui.compare_bench import FILE
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk, mine = my_desk(), compare_bench.bench()
compare_link.arrive(mine, desk)

with st.sidebar:
    st.markdown(f"**{section('runs', FILE).title}**")
    compare_side.runs(mine)
    compare_side.add(mine, desk)

layout.dress()
st.html(layout.CSS.with_name("compare.css"))
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
    st.markdown(f"#### {section('page', FILE).title}", width="content")
    compare_choices.segments(mine, "clock", on_change=mine.turn)
    right = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small")
    with right, st.popover(section("view").title, icon=":material/tune:", key="view"):
        compare_choices.segments(mine, "maps")
        for name in compare_bench.SHOWN:
            options.segments(name)
with st.container(key="why"):
    st.caption(section("pair_default" if tuple(mine.runs) == COMPARED else "page", FILE).body)
with st.container(key="notices"):
    if mine.notices:
        st.warning("  \n".join(mine.notices), icon=":material/info:")
    if len(mine.runs) < 2:
        st.info(section("alone", FILE).body, icon=":material/info:")

with st.container(key="player_row", horizontal=True, vertical_alignment="center", gap="medium"):
    player.buttons(mine)
    timeline = st.container(key="timeline", width="stretch")
    status = st.container(key="status", width=150)
places = compare.lay_out(mine) | {"timeline": timeline, "status": status}
compare.run(desk, mine, places)
compare_link.leave(mine)
with right:
    exports.of_page(st.query_params.to_dict())
engine().start()
