- dashboard: acquisition
  title: Acquisition
  description: Channels by attribution model, side by side.
  layout: newspaper
  filters:
  - name: converted
    title: Converted
    type: field_filter
    default_value: 6 months
    model: journey
    explore: credits
    field: credits.converted_date
  elements:
  - name: sign_ups_by_channel
    title: Sign-ups by channel and model
    model: journey
    explore: credits
    type: looker_bar
    fields: [credits.channel, credits.model, credits.sign_ups]
    pivots: [credits.model]
    filters: {credits.kind: sign_up}
    listen: {converted: credits.converted_date}
    sorts: [credits.sign_ups desc 0]
    row: 0
    col: 0
    width: 24
    height: 8
  - name: value_by_channel
    title: Order value by channel and model
    model: journey
    explore: credits
    type: looker_grid
    fields: [credits.channel, credits.model, credits.orders, credits.value]
    pivots: [credits.model]
    filters: {credits.kind: order}
    listen: {converted: credits.converted_date}
    sorts: [credits.value desc 0]
    row: 8
    col: 0
    width: 12
    height: 8
  - name: sign_ups_over_time
    title: Sign-ups by channel over time, last touch
    model: journey
    explore: credits
    type: looker_column
    fields: [credits.converted_month, credits.channel, credits.sign_ups]
    pivots: [credits.channel]
    filters: {credits.model: last, credits.kind: sign_up}
    listen: {converted: credits.converted_date}
    sorts: [credits.converted_month]
    row: 8
    col: 12
    width: 12
    height: 8
