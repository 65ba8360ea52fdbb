view: sessions {
  sql_table_name: @{journey_schema}.all_sessions ;;

  dimension: session_id {
    type: string
    sql: ${TABLE}.session_id ;;
    description: "The session: a UUID that survives renumbering."
    primary_key: yes
  }

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.visitor_id ;;
    description: "The person."
    hidden: yes
  }

  dimension: session_number {
    type: number
    sql: ${TABLE}.session_number ;;
    description: "The visitor's session, from 1."
  }

  dimension_group: started {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.started_at ;;
    description: "When the session began."
  }

  dimension_group: ended {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.ended_at ;;
    description: "The session's last event."
  }

  dimension: seconds {
    label: "Duration in Seconds"
    type: number
    sql: ${TABLE}.seconds ;;
    description: "From the session's first event to its last."
  }

  dimension: duration_tier {
    type: tier
    sql: ${seconds} ;;
    description: "The session's duration in tiers."
    tiers: [10, 30, 60, 300, 900]
    style: integer
  }

  dimension: events {
    type: number
    sql: ${TABLE}.events ;;
    description: "Events in the session."
  }

  dimension: pages {
    type: number
    sql: ${TABLE}.pages ;;
    description: "Events in the session that have a page."
  }

  dimension: is_first {
    label: "Is First Session"
    type: yesno
    sql: ${session_number} = 1 ;;
    description: "Whether it is the visitor's first session."
  }

  dimension: is_bounce {
    type: yesno
    sql: ${events} = 1 ;;
    description: "Whether the session has one event only."
  }

  dimension: sign_ups {
    type: number
    sql: ${TABLE}.sign_ups ;;
    description: "Sign-up events in the session."
  }

  dimension: has_sign_up {
    type: yesno
    sql: ${sign_ups} > 0 ;;
    description: "Whether the visitor signed up in it."
  }

  dimension: landing_page {
    type: string
    sql: ${TABLE}.landing_page ;;
    description: "The page of the session's first event that has one."
  }

  dimension: exit_page {
    type: string
    sql: ${TABLE}.exit_page ;;
    description: "The page of the session's last event that has one."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Where the session's touch came from: its earliest that is not direct, else its earliest."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "By which medium."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "By which campaign."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "The session's channel."
  }

  dimension: referrer {
    type: string
    sql: ${TABLE}.referrer ;;
    description: "The referrer's URL."
  }

  measure: sessions {
    type: count
    description: "Sessions."
    drill_fields: [detail*]
  }

  measure: visitors {
    type: count_distinct
    sql: ${visitor_id} ;;
    description: "Visitors with such sessions."
  }

  measure: sessions_per_visitor {
    type: number
    sql: 1.0 * ${sessions} / nullif(${visitors}, 0) ;;
    description: "Sessions a visitor, on average."
    value_format_name: decimal_2
  }

  measure: first_sessions {
    type: count
    filters: [is_first: "yes"]
    description: "First sessions of visitors."
  }

  measure: sign_up_sessions {
    label: "Sign-up Sessions"
    type: count
    filters: [has_sign_up: "yes"]
    description: "Sessions with a sign-up."
    drill_fields: [detail*]
  }

  measure: sign_up_rate {
    label: "Sign-up Rate"
    type: number
    sql: 1.0 * ${sign_up_sessions} / nullif(${sessions}, 0) ;;
    description: "Sessions with a sign-up, of all."
    value_format_name: percent_1
  }

  measure: bounces {
    type: count
    filters: [is_bounce: "yes"]
    description: "Sessions with one event only."
  }

  measure: bounce_rate {
    type: number
    sql: 1.0 * ${bounces} / nullif(${sessions}, 0) ;;
    description: "Sessions with one event only, of all."
    value_format_name: percent_1
  }

  measure: average_events {
    type: average
    sql: ${events} ;;
    description: "Events a session, on average."
    value_format_name: decimal_1
  }

  measure: average_pages {
    type: average
    sql: ${pages} ;;
    description: "Events with a page a session, on average."
    value_format_name: decimal_1
  }

  measure: average_seconds {
    label: "Average Duration in Seconds"
    type: average
    sql: ${seconds} ;;
    description: "Seconds a session lasts, on average."
    value_format_name: decimal_0
  }

  set: detail {
    fields: [session_id, visitor_id, session_number, started_time, events, channel, landing_page]
  }
}
