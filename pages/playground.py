"""What does a network learn, and how steep is it, while gradient descent runs?"""

import streamlit as st

from occam.ui import cards, controls, layout, links, notices, options, player, scene
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk = my_desk()
links.arrive(desk)

with st.sidebar:
    spec = controls.wish(desk)
desk.follow(spec, options.device())
desk.reach()
desk.poll()

layout.dress()
layout.title(desk)
with st.container(key="notices"):
    notices.show(desk, file_missing=spec is None)

places = {}
with st.container(key="player_row", horizontal=True, vertical_alignment="center", gap="medium"):
    player.buttons(desk)
    places["timeline"] = st.container(key="timeline", width="stretch")
    places["status"] = st.container(key="status", width=176)

for names in (("boundary", "slopes"),):
    for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
        places[name] = layout.card(desk, name, column)
with st.container(key="numbers", horizontal=True, vertical_alignment="bottom", gap="small"):
    places["headlines"] = st.container(horizontal=True, gap="small", width="stretch", key="headlines")
    places["gauge"] = st.container(width=340, key="gauge")

with st.container(horizontal=True, gap="large", vertical_alignment="bottom", key="curve_options"):
    for name in ("curve", "axis", "norm"):
        options.segments(name)
for names in layout.ROWS:
    for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
        places[name] = layout.card(desk, name, column)
last = st.columns(2, gap="medium")
places["gradients"] = layout.card(desk, "gradients", last[0])
with last[1]:
    cards.head(desk, "units")
    units = st.toggle(section("units.show").title, key="units.on")
    places["units"] = st.container()

scene.run(desk, places, units)
links.leave(desk)
engine().start()
