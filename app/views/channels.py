"""Which channels earned the conversions, by each model side by side."""

import charts
import data
import streamlit as st

PERIODS = {"all time": None, "the last 30 days": 30, "the last 90 days": 90, "the last year": 365}

st.title("Channels")
with data.connect() as db:
    p = data.pipeline(db)
    if "attribution_credits" not in p.targets or not p.conversions:
        st.info("This needs the pipeline's target attribution_credits, and a source with conversions.")
        st.stop()
    what, over, by = st.columns(3)
    kind = what.selectbox("Conversion", p.conversions)
    days = PERIODS[over.selectbox("Converted in", list(PERIODS))]
    measure = by.radio("Measure", ["conversions", "value"], horizontal=True)
    rows = data.credits(db, p, kind, days)
if rows.empty:
    st.info("There are no such conversions.")
else:
    table = rows.pivot_table(index="channel", columns="model", values=measure, aggfunc="sum", fill_value=0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False).index]
    charts.show(charts.bars(rows, measure), table.round(1).reset_index(), f"{measure} of the kind {kind} that each channel earned, by model")
