"""How valuable customers are, and how that changes from month to month."""

import charts
import data
import streamlit as st

st.title("Segments")
with data.connect() as db:
    p = data.pipeline(db)
    if "rfm" not in p.targets:
        st.info("This needs the pipeline's target rfm, and a source with conversions that have a value.")
        st.stop()
    rows = data.segments(db, p)
    if rows.empty:
        st.info("There are no customers yet.")
        st.stop()
    st.subheader("Recency and frequency")
    charts.show(
        charts.heat(rows, "frequency", "recency", "customers", y_sort="descending"),
        rows,
        "customers by score of recency and of frequency, 5 is best",
    )
    st.subheader("Migrations")
    months = data.months(db, p)
    if len(months) < 2:
        st.info("Migrations need two months.")
        st.stop()
    first, second = st.columns(2)
    before = first.selectbox("From the beginning of", months[1:], format_func=lambda m: f"{m:%B %Y}")
    after = second.selectbox("to the beginning of", [m for m in months if m > before], format_func=lambda m: f"{m:%B %Y}")
    moved = data.migrations(db, p, before, after)
if moved.empty:
    st.info("Nobody had ordered by then.")
else:
    charts.show(charts.heat(moved, "after", "before", "customers"), moved, f"customers by segment in {before:%B %Y} and in {after:%B %Y}")
