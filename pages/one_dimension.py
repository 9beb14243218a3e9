"""How long is the curve that a network draws through a few points, and what does the step size do to it?"""

import streamlit as st

from occam.ui import (
    controls,
    layout,
    links,
    notices,
    one_dimension,
    one_dimension_points,
    options,
    player,
    scene,
    study_panel,
)
from occam.ui import one_dimension_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk, page = my_desk(), states.state()
links.arrive(desk, states.FILE, states.OWN)
states.only_curves(desk)

with st.sidebar:
    if page.tab == "regimes":
        states.knobs()
    spec = controls.wish(desk, states.CURVES)
desk.follow(spec, options.device())
if page.tab == "curve":
    desk.reach()
else:
    desk.head.pause()
desk.poll()

layout.dress()
layout.title(desk, states.FILE)
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="curve_tabs"):
    states.segments("tab", label_visibility="collapsed")
    if page.tab == "regimes":
        states.segments("arms", label_visibility="collapsed")
        states.segments("compare", label_visibility="collapsed")
        states.segments("measure", label_visibility="collapsed")
    command = st.container(width="content")
    if page.tab == "curve":
        one_dimension_points.row(desk, page)
with st.container(key="notices"):
    notices.show(desk, file_missing=False)

if page.tab == "curve":
    places = {}
    with st.container(key="player_row", horizontal=True, vertical_alignment="center", gap="medium"):
        player.buttons(desk)
        places["timeline"] = st.container(key="timeline", width="stretch")
        places["status"] = st.container(key="status", width=176)
    places |= one_dimension.lay_out_curve(desk)
    with places["curve"]:
        scene.follow(
            desk,
            places,
            lambda look: one_dimension.draw_curve(desk, page, look, places),
            lambda look: one_dimension.draw_history(look, places),
        )
else:
    st.caption(section(f"about.{page.tab}", states.FILE).body)
    study_panel.run(desk, page, one_dimension.lay_out_studies, one_dimension.draw_studies, command)
links.leave(desk, states.OWN)
engine().start()
