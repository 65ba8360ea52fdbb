- dashboard: paths
  title: Paths
  description: Where visitors leave, who comes back, and which way they go.
  layout: newspaper
  elements:
  - name: funnel
    title: How far visitors get
    model: journey
    explore: funnel
    type: looker_column
    fields: [funnel.step, funnel.step_number, funnel.visitors]
    sorts: [funnel.step_number]
    row: 0
    col: 0
    width: 12
    height: 8
  - name: left_by_channel
    title: Where they leave, by first touch
    model: journey
    explore: funnel
    type: looker_grid
    fields: [funnel.channel, funnel.step, funnel.step_number, funnel.visitors, funnel.share_left, funnel.went_to]
    sorts: [funnel.channel, funnel.step_number]
    row: 0
    col: 12
    width: 12
    height: 8
  - name: retention
    title: Who comes back
    model: journey
    explore: retention
    type: looker_grid
    fields: [retention.cohort_month, retention.period, retention.share]
    pivots: [retention.period]
    filters: {retention.cohort_by: all}
    sorts: [retention.cohort_month]
    row: 8
    col: 0
    width: 12
    height: 8
  - name: retention_by_channel
    title: Who comes back, by first touch
    model: journey
    explore: retention
    type: looker_line
    fields: [retention.period, retention.cohort_part, retention.share]
    pivots: [retention.cohort_part]
    filters: {retention.cohort_by: channel}
    sorts: [retention.period]
    row: 8
    col: 12
    width: 12
    height: 8
  - name: flows
    title: Which way sessions go
    model: journey
    explore: path_flows
    type: looker_grid
    fields: [path_flows.position, path_flows.step, path_flows.next_step, path_flows.sessions]
    sorts: [path_flows.position, path_flows.sessions desc]
    row: 16
    col: 0
    width: 24
    height: 8
