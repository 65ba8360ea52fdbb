"""Who is this, what do they do now, and what to offer them."""

import data
import pandas as pd
import streamlit as st
import trouble

LIVE = "1s"


def day(at) -> str:
    return "–" if pd.isna(at) else f"{at:%Y-%m-%d}"


def minute(at) -> str:
    return "–" if pd.isna(at) else f"{at:%Y-%m-%d %H:%M} UTC"


def asked() -> str:
    """The id in the field, which the link ?customer= fills and which makes the link."""
    if "customer" not in st.session_state:
        st.session_state.customer = st.query_params.get("customer", "")[:500]
    text = st.text_input(
        "Customer: any id, such as an account, a device or an e-mail address", key="customer", max_chars=500, placeholder="user-52"
    )
    text = text.replace("\0", "").strip()
    if text:
        st.query_params["customer"] = text
    else:
        st.query_params.pop("customer", None)
    return text


def choose(customer: str) -> None:
    st.session_state.customer = customer


def offer(rows: pd.DataFrame, of: str) -> None:
    for row in rows.to_dict("records"):
        name, said = st.columns([2, 3], vertical_alignment="center")
        label = row.get("id") or row["customer"]
        name.button(label, key=f"{of} {label} {row.get('kind', '')}", on_click=choose, args=[label], width="stretch")
        said.write(
            f"{row['kind']} of {row['customer']}, last seen {minute(row['last seen'])}"
            if "kind" in row
            else f"last seen {minute(row['last seen'])}, {row['sessions']} sessions"
        )


@st.fragment(run_every=LIVE)
@trouble.told_here
def live(db, p: data.Pipeline, who: str) -> None:
    """What moves: made anew each second."""
    now = data.summary(db, p, who)
    if now is None:
        st.info("This customer is no longer there under the id: merged with another, or erased. Search again.")
        return
    worth = data.value(db, p, who) or {}
    for column, (label, said) in zip(
        st.columns(6),
        [
            ("Sessions", f"{now['sessions']:,}"),
            ("Events", f"{now['events']:,}"),
            ("Last seen", f"{now['last_seen_at']:%b %d, %H:%M:%S}"),
            ("Signed up", day(now["signed_up_at"])),
            ("Orders", f"{worth.get('orders', 0):,} for {worth.get('spend', 0):,.2f}"),
            ("Segment", worth.get("segment") or "–"),
        ],
    ):
        column.metric(label, said)
    left, right = st.columns(2)
    with left:
        st.subheader("Live tail")
        rows = data.tail(db, p, who)
        if rows is None:
            st.caption("The app may not read the sources of the pipeline, so there is no tail of single events.")
        else:
            st.dataframe(rows, hide_index=True, height=290, column_config={"when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")})
    with right:
        st.subheader("What to offer")
        if "items" not in p.targets:
            st.caption("Recommendations need the pipeline's target items.")
        else:
            offers = data.recommendations(db, p, who)
            if offers.empty:
                st.caption("Nobody has bought anything yet.")
            else:
                st.dataframe(offers, hide_index=True)
    if "all_sessions" in p.targets:
        st.subheader("Sessions")
        rows = data.sessions(db, p, who)
        if now["sessions"] > len(rows):
            st.caption(f"The latest {len(rows)} of {now['sessions']:,}.")
        st.dataframe(rows, hide_index=True, column_config={"started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")})


def background(db, p: data.Pipeline, who: str) -> None:
    """What is looked at rather than watched."""
    touches, converted, ids = st.tabs(["Touches", "Conversions", "Ids"])
    touches.dataframe(data.touches(db, p, who), hide_index=True)
    converted.dataframe(data.conversions(db, p, who), hide_index=True)
    ids.dataframe(data.ids(db, p, who), hide_index=True)


st.title("Customer")
customer = asked()
with data.connect() as db:
    p = data.pipeline(db)
    who = data.visitor(db, p, customer) if customer else None
    if who:
        st.header(who)
        live(p, who)
        background(db, p, who)
    elif customer:
        st.warning(f"Nobody is known by the id “{customer}”. An id is known once it has been refreshed; somebody who was erased is not.")
        found = data.search(db, p, customer)
        if not found.empty:
            st.subheader("Ids that begin so")
            offer(found, "found")
    else:
        last = data.seen_last(db, p)
        st.subheader("Seen last")
        if last.empty:
            st.info("The pipeline knows nobody yet. Fill it: CALL journey.fill, then journey.refresh.")
        offer(last, "last")
