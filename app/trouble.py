"""What people are told where the database does not answer. The app goes on by itself once it does."""

import functools
import logging

import data
import psycopg
import streamlit as st

AGAIN = "2s"


def told(error: psycopg.Error) -> None:
    """Says what is wrong, without a stack trace, and goes on once the database answers."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        st.warning(f"This took longer than {data.PATIENCE} and was stopped. Ask for less, or try again.")
        st.button("Try again", key="again")
    elif isinstance(error, psycopg.errors.InsufficientPrivilege):
        st.error(f"The app may not read that: {error.diag.message_primary}. Run scripts/app again as the pipeline's owner, which gives the right.")
    elif isinstance(error, psycopg.OperationalError):
        st.warning("The database does not answer. This page goes on by itself once it does.")
        wait()
    else:
        logging.getLogger(__name__).error("%s", error)
        st.error(f"The database could not answer: {error.diag.message_primary or type(error).__name__}.")
        st.button("Try again", key="again")


@st.fragment(run_every=AGAIN)
def wait() -> None:
    if data.answers():
        st.rerun()


def told_here(part):
    """A fragment that tells its own trouble: it runs again by itself, when the page does not."""

    @functools.wraps(part)
    def guarded(*args):
        try:
            with data.connect() as db:
                part(db, *args)
        except psycopg.Error as error:
            if not isinstance(error, psycopg.OperationalError) or isinstance(error, psycopg.errors.QueryCanceled):
                told(error)
            else:
                st.warning("The database does not answer. This page goes on by itself once it does.")

    return guarded
