"""What does each symbol mean, how is it normalised, and where does it come from?"""

import streamlit as st

from occam.ui import definitions, layout
from occam.ui.router import only_by_navigation
from occam.ui.text import section

only_by_navigation()
layout.dress()
st.html(layout.CSS.with_name("definitions.css"))
words = section("page", definitions.FILE)
st.markdown(f"#### {words.title}")
st.caption(words.body)

label = section("search", definitions.FILE)
query = st.text_input(label.title, key="find", bind="query-params", help=label.body, icon=":material/search:")
found = False
for name, entries in (
    ("quantities", definitions.quantities()),
    ("knobs", definitions.knobs()),
    ("papers", definitions.papers()),
):
    matching = [entry for entry in entries if entry.matches(query.split())]
    if matching:
        found = True
        heading = section(name, definitions.FILE)
        st.markdown(f"##### {heading.title}")
        st.caption(heading.body)
        st.html(definitions.table(matching))
    if name == "quantities" and not query:
        pairs = section("pairs", definitions.FILE)
        st.info(f"**{pairs.title}**\n\n{pairs.body}", icon=":material/compare_arrows:")
if not found:
    st.info(section("search.empty", definitions.FILE).fill(words=query), icon=":material/search_off:")
