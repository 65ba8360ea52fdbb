"""Which way people go, visit by visit."""

import charts
import data
import streamlit as st

st.title("Paths")
with data.connect() as db:
    p = data.pipeline(db)
    if "all_sessions" not in p.targets:
        st.info("This needs the pipeline's target all_sessions.")
        st.stop()
    what, many = st.columns(2)
    by_page = what.radio("Steps", ["channels", "landing pages"], horizontal=True) == "landing pages"
    length = many.slider("Visits", 2, 6, 4)
    rows = data.flows(db, p, by_page, length)
if rows.empty:
    st.info("There are no sessions yet.")
else:
    what = "landing pages" if by_page else "channels"
    charts.show(charts.sankey(rows), rows.fillna({"next_step": "(no further visit)"}), f"visitors who went from which of the {what} to which, by visit")
