"""Run by `streamlit run app.py`: imported, it is the server; as the server's script, the router to the pages."""

import streamlit as st

from occam.ui.before import prepare, prepared
from occam.ui.router import only_by_navigation
from occam.ui.text import section

GROUPS = {  # the sidebar: a page is a file in pages/ and a text of the same name in data/text/
    "explore": ("home", "playground"),
    "theory": ("step_size", "input_penalty", "layer_bound", "one_dimension"),
    "evidence": ("complexity", "compare", "runs", "import_model"),
    "learn": ("lessons", "workshop", "glossary"),
}


def route() -> None:
    """Page set-up, the list of pages, the page."""
    st.set_page_config(page_title="Occam", page_icon="data/icon.png", layout="wide")
    only_by_navigation()
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
    prepare()
    page.run()


if __name__ == "__main__":
    route()
else:
    app = st.App(__file__, lifespan=prepared)
