- dashboard: journeys
  title: Journeys
  description: How visitors come to sign up.
  layout: newspaper
  elements:
  - name: sign_up_rate
    title: Visitors who signed up
    model: journey
    explore: visitors
    type: single_value
    fields: [visitors.sign_up_rate]
    row: 0
    col: 0
    width: 6
    height: 4
  - name: average_sessions
    title: Sessions before the sign-up, on average
    model: journey
    explore: visitors
    type: single_value
    fields: [visitors.average_sessions_before_sign_up]
    row: 0
    col: 6
    width: 6
    height: 4
  - name: sessions_before_sign_up
    title: Sessions before the sign-up
    model: journey
    explore: visitors
    type: looker_column
    fields: [visitors.sessions_before_sign_up, visitors.signed_up_visitors]
    filters: {visitors.has_signed_up: 'yes'}
    sorts: [visitors.sessions_before_sign_up]
    row: 0
    col: 12
    width: 12
    height: 8
  - name: paths
    title: How sessions begin
    model: journey
    explore: flows
    type: looker_grid
    fields: [flows.event, flows.next_event_2, flows.next_event_3, flows.sessions]
    filters: {flows.is_session_start: 'yes'}
    sorts: [flows.sessions desc]
    limit: 25
    row: 8
    col: 0
    width: 24
    height: 8
