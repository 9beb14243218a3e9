"""The router: page set-up and the list of pages."""

import gc

# Before any chart code: a stampede of first sessions can meet a half-imported pandas.
import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from occam.ui.router import only_by_navigation
from occam.ui.text import section

st.set_page_config(page_title="Occam", page_icon="data/icon.png", layout="wide")
only_by_navigation()


@st.cache_resource(show_spinner=False)
def _settle() -> tuple[str, ...]:
    """Imports are garbage for nobody: frozen, they are no longer walked by collections."""
    gc.collect()
    gc.freeze()
    return alt.__version__, pd.__version__, pa.__version__


explore = [st.Page("pages/playground.py", title=section("page").title, default=True)]
page = st.navigation({section("explore", "app").title: explore})
_settle()
page.run()
