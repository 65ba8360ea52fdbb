"""Charts, each with its rows as a table beside it: for screen readers, and for those who want the figures."""

import altair as alt
import pandas as pd
import streamlit as st


def show(chart, table: pd.DataFrame, says: str) -> None:
    """A chart that a screen reader is told as `says`, and its table."""
    st.altair_chart(chart.properties(description=says), width="stretch")
    with st.expander(f"As a table: {says}"):
        st.table(table.reset_index(drop=True).rename(columns=str))


def ink() -> str:
    """What can be read on the page's background."""
    return "#fafafa" if st.context.theme.type == "dark" else "#31333f"


def bars(rows: pd.DataFrame, measure: str):
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y("channel:N", sort="-x", title=None),
            x=alt.X(f"{measure}:Q", title=measure),
            color=alt.Color("model:N", legend=None),
            column=alt.Column("model:N", title=None, sort=["first", "first_paid", "linear", "last_paid", "last"]),
            tooltip=["channel", "model", alt.Tooltip(f"{measure}:Q", format=",.1f")],
        )
        .properties(width=130)
    )


def heat(rows: pd.DataFrame, x: str, y: str, measure: str, text: str | None = None, x_sort=None, y_sort=None, form: str = ",d"):
    """A heat map whose cells are written on, so that nobody must tell colours apart."""
    middle = rows[measure].max() / 2 if len(rows) else 0
    base = alt.Chart(rows).encode(
        x=alt.X(f"{x}:O", sort=x_sort, axis=alt.Axis(labelAngle=0 if text is None else -30)), y=alt.Y(f"{y}:O", sort=y_sort)
    )
    cells = base.mark_rect().encode(
        color=alt.Color(f"{measure}:Q", scale=alt.Scale(scheme="blues", domainMin=0), legend=None), tooltip=list(rows.columns)
    )
    written = base.mark_text(fontSize=11).encode(
        text=alt.Text(f"{text}:N") if text else alt.Text(f"{measure}:Q", format=form),
        color=alt.condition(alt.datum[measure] > middle, alt.value("white"), alt.value("#08306b")),
    )
    return (cells + written).properties(height=70 + 32 * rows[y].nunique())


def sankey(edges: pd.DataFrame):
    """Flows from step to step. Vega-Lite has no such mark: a node is a rectangle, a flow an area between two curves."""
    nodes = edges.groupby(["position", "step"], as_index=False)["visitors"].sum()
    nodes = nodes.sort_values(["position", "visitors", "step"], ascending=[True, False, True])
    gap = nodes.groupby("position")["visitors"].sum().max() * 0.02
    nodes["y"] = nodes.groupby("position")["visitors"].cumsum() - nodes["visitors"] + gap * nodes.groupby("position").cumcount()
    nodes["y2"], nodes["x"] = nodes["y"] + nodes["visitors"], nodes["position"] - 0.03
    nodes["x2"], nodes["label"] = nodes["position"] + 0.03, nodes["position"] + 0.05
    leaves = {(n.position, n.step): n.y for n in nodes.itertuples()}
    arrives = dict(leaves)
    curves = []
    for edge in edges.dropna(subset=["next_step"]).sort_values(["position", "step", "next_step"]).itertuples():
        start, end = (edge.position, edge.step), (edge.position + 1, edge.next_step)
        if end not in arrives:
            continue
        for point in range(17):
            share = point / 16
            bend = share * share * (3 - 2 * share)
            y = leaves[start] + (arrives[end] - leaves[start]) * bend
            x = edge.position + 0.03 + 0.94 * share
            curves.append((f"{start}{end}", edge.step, edge.next_step, edge.visitors, x, y, y + edge.visitors))
        leaves[start] += edge.visitors
        arrives[end] += edge.visitors
    flows = pd.DataFrame(curves, columns=["flow", "step", "next", "visitors", "x", "y", "y2"])
    x = {"axis": alt.Axis(title="visit", grid=False, tickMinStep=1, format="d"), "scale": alt.Scale(domain=[0.9, edges["position"].max() + 0.7])}
    y = {"axis": None, "scale": alt.Scale(reverse=True)}
    color = alt.Color("step:N", legend=None)
    areas = alt.Chart(flows).mark_area(opacity=0.45).encode(
        x=alt.X("x:Q", **x), y=alt.Y("y:Q", **y), y2="y2:Q", detail="flow:N", color=color, tooltip=["step", "next", "visitors"]
    )
    blocks = alt.Chart(nodes).mark_rect().encode(x=alt.X("x:Q", **x), x2="x2:Q", y=alt.Y("y:Q", **y), y2="y2:Q", color=color, tooltip=["step", "visitors"])
    labels = (
        alt.Chart(nodes[nodes["visitors"] > gap])
        .transform_calculate(middle="(datum.y + datum.y2) / 2", named="datum.step + '  ' + format(datum.visitors, ',d')")
        .mark_text(align="left", baseline="middle", color=ink())
        .encode(x=alt.X("label:Q", **x), y=alt.Y("middle:Q", **y), text="named:N")
    )
    return (areas + blocks + labels).properties(height=460)
