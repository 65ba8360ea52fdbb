"""How the pipeline is."""

from datetime import datetime, timezone

import data
import pandas as pd
import streamlit as st
import trouble


def span(value) -> str:
    return "–" if pd.isna(value) else str(pd.Timedelta(value).round("s")).removeprefix("0 days ")


@st.fragment(run_every="2s")
@trouble.told_here
def live(db, p: data.Pipeline, silence: int) -> None:
    now = data.progress(db, p)
    for column, (label, said) in zip(
        st.columns(5),
        [
            ("State", now["state"]),
            ("Slices filled", f"{now['filled']} of {now['slices']}"),
            ("Behind", span(now["lag"])),
            ("Marks that wait", "–" if pd.isna(now["stale"]) else f"{now['stale']:,}"),
            ("Equals a rebuild", "yes" if now["exact"] else "not promised"),
        ],
    ):
        column.metric(label, said)
    if now["stage"]:
        st.caption(f"Now: {now['stage']}")
    checks = data.health(db, p)
    wrong = checks[checks["state"] == "look"]
    if wrong.empty:
        st.success("All checks are fine.")
    else:
        st.error(f"{len(wrong)} things to look at.")
        st.table(wrong.drop(columns="state").fillna("").reset_index(drop=True))
    st.subheader("Sources")
    latest = data.latest_rows(db, p)
    latest["silent for"] = [span(None if pd.isna(at) else datetime.now(timezone.utc) - at) for at in latest["latest row"]]
    old = datetime.now(timezone.utc) - pd.Timedelta(hours=silence)
    for source in latest[latest["latest row"].isna() | (pd.to_datetime(latest["latest row"], utc=True) < old)].to_dict("records"):
        st.warning(f"{source['source']} seems to have stopped: silent for {source['silent for']}.")
    st.table(latest.astype(str))
    st.subheader("Latest runs")
    st.dataframe(data.runs(db, p), hide_index=True)
    with st.expander("All checks"):
        st.table(checks[["check", "state"]])


st.title("Pipeline")
with data.connect() as db:
    p = data.pipeline(db)
hours = st.number_input("Tell me when a source is silent for more than (hours)", 1, 720, 24)
st.header(p.name)
live(p, int(hours))
