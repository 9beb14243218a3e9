"""Is training on adversarial inputs the same as a penalty on the input gradient, and does either make f simpler?"""

from functools import partial

import streamlit as st

from occam.ui import exports, input_penalty, layout, study_panel
from occam.ui import input_penalty_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation

only_by_navigation()
desk, page = my_desk(), states.state()
states.arrive(page)

with st.sidebar:
    states.wish(desk, page)

layout.dress()
command = study_panel.title(states.FILE, partial(states.segments, page, "tab", label_visibility="collapsed"))
study_panel.told(page, states.FILE, partial(states.shows, page))
study_panel.run(desk, page, input_penalty.lay_out, input_penalty.draw, command)
states.leave(page)
with command:
    exports.of_page(st.query_params.to_dict())
engine().start()
