"""What is the argument, and what does each step of it measure on one run?"""

import streamlit as st

from occam.ui import cards, home, layout, links, notices, player, scene
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
desk = my_desk()
links.arrive(desk, home.FILE)
desk.reach()
desk.poll()

layout.dress()
st.html(home.CSS)
words = section("page", home.FILE)
with st.container(key="home_title"):
    st.markdown(f"#### {words.title}")
st.markdown(words.body)
with st.container(key="notices"):
    notices.show(desk, file_missing=False)

chain, run = st.columns([3, 2], gap="large")
with chain:
    st.markdown(f"##### {home.text('chain').title}")
    places = home.chain()
with run, st.container(key="home_run"):
    cards.heading("home", home.text("picture"), lambda: cards.TABLES["boundary"](desk.look) if desk.look else None)
    places["boundary"] = st.container()
    player.buttons(desk)
    places["timeline"] = st.container(key="timeline")
    places["status"] = st.container(key="status")
st.markdown(f"##### {home.text('starts').title}")
home.starts()

scene.follow(desk, places, lambda look: home.draw(look, places, desk.steady), lambda look: None)
links.leave(desk)
engine().start()
