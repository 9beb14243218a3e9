"""Why must a steep function have large parameter gradients, layer by layer, and where does the argument fail?"""

import streamlit as st

from occam.ui import controls, layer_bound, layer_bound_words, layout, links, notices, options, player, scene
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.layer_bound_state import FILE, OWN
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk = my_desk()
links.arrive(desk, FILE, OWN)

with st.sidebar:
    spec = controls.wish(desk)
desk.follow(spec, options.device())
desk.reach()
look = desk.poll()

layout.dress()
st.html(layer_bound.CSS)
layout.title(desk, FILE)
told = st.container(key="notices")

places = {}
with st.container(key="player_row", horizontal=True, vertical_alignment="center", gap="medium"):
    player.buttons(desk)
    places["timeline"] = st.container(key="timeline", width="stretch")
    places["status"] = st.container(key="status", width=176)

wish = layer_bound.choices(desk)
with told:
    notices.show(desk, file_missing=spec is None)
main = st.container(key="bound_main")
places |= layer_bound.places(desk, wish)

left, right = st.columns(2, gap="medium")
with left:
    st.markdown(f"**{section('shortcut', FILE).title}**")
    places["shortcut"] = st.container()
    st.markdown(f"**{section('batch_form', FILE).title}**")
    st.markdown(section("batch_form", FILE).body)
    places["batch"] = st.container()
with right:
    st.markdown(f"**{section('shared', FILE).title}**")
    layer_bound_words.shared_controls()
    st.markdown(layer_bound_words.shared())
    st.caption(section("shared", FILE).body)

with main:
    scene.follow(
        desk,
        places,
        lambda look: layer_bound.main_act(desk, look, wish),
        lambda look: layer_bound.panels(desk, look, wish, places),
    )
links.leave(desk, OWN)
engine().start()
