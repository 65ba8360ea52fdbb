"""The app: who may see it, its pages, and what is said where the database does not answer. See docs/app.md."""

import os

import access
import data
import psycopg
import streamlit as st
import trouble

st.set_page_config(page_title="journey", page_icon=":material/route:", layout="wide")


def secrets(section: str) -> dict:
    try:
        return dict(st.secrets.get(section, {}))
    except FileNotFoundError:
        return {}


def let_in() -> None:
    """Returns for those who may see the app, and ends the run for others."""
    login, allow = os.environ.get("JOURNEY_LOGIN", ""), list(secrets("journey").get("allow", []))
    refused = access.refusal(st.get_option("server.address"), login, st.context.headers, bool(secrets("auth")), allow)
    if refused:
        st.error(refused)
        st.stop()
    if login != "oidc":
        return
    if not st.user.is_logged_in:
        st.button("Log in", on_click=st.login)
        st.stop()
    if not access.is_allowed(st.user.to_dict(), allow):
        st.error(f"{st.user.get('email', 'You')} may not see this.")
        st.button("Log out", on_click=st.logout)
        st.stop()
    st.sidebar.button("Log out", on_click=st.logout)


let_in()
page = st.navigation(
    [
        st.Page("views/customer.py", title="Customer", icon=":material/person_search:", default=True),
        st.Page("views/channels.py", title="Channels", icon=":material/campaign:"),
        st.Page("views/paths.py", title="Paths", icon=":material/alt_route:"),
        st.Page("views/retention.py", title="Retention", icon=":material/event_repeat:"),
        st.Page("views/segments.py", title="Segments", icon=":material/grid_on:"),
        st.Page("views/health.py", title="Pipeline", icon=":material/monitor_heart:"),
    ]
)
try:
    page.run()
except psycopg.Error as error:
    trouble.told(error)
except data.NoPipeline as error:
    st.info(f"{error} See docs/pipelines.md for how to declare one.")
