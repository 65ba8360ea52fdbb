"""Who comes back."""

import charts
import data
import streamlit as st

PERIODS = {"weeks": 7, "months of 30 days": 30}

st.title("Retention")
with data.connect() as db:
    p = data.pipeline(db)
    if "all_sessions" not in p.targets:
        st.info("This needs the pipeline's target all_sessions.")
        st.stop()
    unit = st.radio("Periods", list(PERIODS), horizontal=True)
    rows = data.retention(db, p, PERIODS[unit])
if rows.empty:
    st.info("There are no sessions yet, or none whose first period is over.")
else:
    # All are there in their own first period, which would hide the differences between the others.
    later = rows[rows["later"] > 0]
    table = rows.pivot_table(index="first seen", columns="later", values="percent")
    table.insert(0, "visitors", rows[rows["later"] == 0].set_index("first seen")["visitors"])
    charts.show(
        charts.heat(later, "later", "first seen", "percent", form=".1f"),
        table.map(lambda share: "" if share != share else f"{share:g}").reset_index(),
        f"percent of the visitors first seen in a month who came again, by {unit} later",
    )
