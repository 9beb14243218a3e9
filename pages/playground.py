"""What does a network learn, and how steep is it, while gradient descent runs?

What is looked at first is drawn first, wherever it stands: the maps, then the knobs, then the curves; in the first run
of a session nothing but maps, player and title.
"""

import streamlit as st

from occam.ui import cards, controls, layout, links, notices, options, player, scene
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk = my_desk()
links.arrive(desk)
spec = controls.asked(desk)
own_file = spec is None
if own_file:
    with st.sidebar:
        spec = controls.wish(desk)
desk.follow(spec, options.device())
desk.reach()
desk.poll()
whole = scene.whole(desk)

layout.dress()
head = st.container(key="head", gap=None)
places = {}
with st.container(key="player_row", horizontal=True, vertical_alignment="center", gap="medium"):
    commands = st.container(width="content")
    places["timeline"] = st.container(key="timeline", width="stretch")
    places["status"] = st.container(key="status", width=176)
titles = {}
for column, name in zip(st.columns(2, gap="medium"), ("boundary", "slopes"), strict=True):
    titles[name], places[name] = column.container(key=f"heading_{name}"), column.container()
with st.container(key="numbers", horizontal=True, vertical_alignment="bottom", gap="small"):
    places["headlines"] = st.container(horizontal=True, gap="small", width="stretch", key="headlines")
    places["gauge"] = st.container(width=340, key="gauge")
below = st.container()
scene.quick(desk, places)

with head:
    layout.title(desk)
    with st.container(key="notices"):
        notices.show(desk, file_missing=spec is None)
with commands:
    player.buttons(desk)

if whole:
    for name, place in titles.items():
        with place:
            cards.head(desk, name)
    if not own_file:
        with st.sidebar:
            controls.wish(desk)

    with below:
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
    scene.late(desk, places, units)

links.leave(desk)
if whole or desk.waiting:  # a process that starts takes a processor from the browser's first picture
    engine().start()
