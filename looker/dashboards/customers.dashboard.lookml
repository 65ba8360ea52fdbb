- dashboard: customers
  title: Customers
  description: RFM segments, now and over time.
  layout: newspaper
  elements:
  - name: segments_now
    title: Segments now
    model: journey
    explore: visitors
    type: looker_bar
    fields: [visitors.segment, visitors.visitors, visitors.total_lifetime_value]
    filters: {visitors.segment: -NULL}
    sorts: [visitors.visitors desc]
    row: 0
    col: 0
    width: 12
    height: 8
  - name: segments_over_time
    title: Segments over time
    model: journey
    explore: segments
    type: looker_area
    fields: [segments.snapshot_month, segments.segment, segments.customers]
    pivots: [segments.segment]
    sorts: [segments.snapshot_month]
    row: 0
    col: 12
    width: 12
    height: 8
  - name: migrations
    title: From segment to segment
    model: journey
    explore: migrations
    type: looker_grid
    fields: [migrations.from_segment, migrations.to_segment, migrations.visitors]
    pivots: [migrations.to_segment]
    sorts: [migrations.from_segment]
    row: 8
    col: 0
    width: 24
    height: 8
