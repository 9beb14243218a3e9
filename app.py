"""The router: page set-up and the list of pages."""

import gc

# Before any chart code: a stampede of first sessions can meet a half-imported pandas.
import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from occam.ui.router import only_by_navigation
from occam.ui.text import section

GROUPS = {  # the sidebar: a page is a file in pages/ and a text of the same name in data/text/
    "explore": ("playground",),
    "theory": ("step_size", "input_penalty", "layer_bound", "one_dimension"),
    "learn": ("glossary",),
}

st.set_page_config(page_title="Occam", page_icon="data/icon.png", layout="wide")
only_by_navigation()


@st.cache_resource(show_spinner=False)
def _settle() -> tuple[str, ...]:
    """Imports are garbage for nobody: frozen, they are no longer walked by collections."""
    gc.collect()
    gc.freeze()
    return alt.__version__, pd.__version__, pa.__version__


groups = {
    section(group, "app").title: [
        st.Page(f"pages/{name}.py", title=section("page", name).title, url_path=name, default=name == "playground")
        for name in names
    ]
    for group, names in GROUPS.items()
}
page = st.navigation(groups, position="hidden")
with st.sidebar.container(key="pages", gap=None):  # the framework's own list would first show the files of pages/
    for title, pages in groups.items():
        st.caption(title)
        for link in pages:
            st.page_link(link)
_settle()
page.run()
