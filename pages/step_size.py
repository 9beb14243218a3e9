"""What does the length of a gradient step do, beyond being fast or slow?"""

from functools import partial

import streamlit as st

from occam.ui import exports, layout, step_size, step_size_layout, study_panel
from occam.ui import step_size_state as states
from occam.ui.desk import desk as my_desk
from occam.ui.desk import engine
from occam.ui.router import only_by_navigation

only_by_navigation()
desk, page = my_desk(), states.state()
states.arrive(page)

with st.sidebar:
    states.wish(desk, page)

layout.dress()
command = study_panel.title(states.FILE, states.segments)
study_panel.told(page, states.FILE, partial(states.shows, page))
study_panel.run(desk, page, step_size_layout.lay_out, step_size.draw, command)
states.leave(page)
with command:
    exports.of_page(st.query_params.to_dict())
engine().start()
