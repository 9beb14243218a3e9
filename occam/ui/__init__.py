"""What the user touches: knobs, player, links, notices, texts.  Streamlit lives here, in app.py and in pages/ only."""
