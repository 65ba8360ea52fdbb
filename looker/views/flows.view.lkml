view: flows {
  sql_table_name: @{journey_schema}.tracks_flow ;;

  dimension: flow_id {
    type: string
    sql: ${TABLE}.session_id || ' ' || ${TABLE}.track_sequence_number ;;
    description: "One event in its session."
    primary_key: yes
    hidden: yes
  }

  dimension: event_id {
    type: string
    sql: ${TABLE}.event_id ;;
    description: "The event."
  }

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.dbt_visitor_id ;;
    description: "The person."
    hidden: yes
  }

  dimension: session_id {
    type: string
    sql: ${TABLE}.session_id ;;
    description: "Number and visitor of the session."
    hidden: yes
  }

  dimension_group: happened {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}."timestamp" ;;
    description: "When the event happened."
  }

  dimension: track_sequence_number {
    type: number
    sql: ${TABLE}.track_sequence_number ;;
    description: "The event's place in its session."
  }

  dimension: event {
    type: string
    sql: ${TABLE}.track_event ;;
    description: "The event."
  }

  dimension: next_event_2 {
    label: "2nd Event"
    type: string
    sql: ${TABLE}.next_event_2 ;;
    description: "The event after it."
  }

  dimension: next_event_3 {
    label: "3rd Event"
    type: string
    sql: ${TABLE}.next_event_3 ;;
    description: "The second after it."
  }

  dimension: next_event_4 {
    label: "4th Event"
    type: string
    sql: ${TABLE}.next_event_4 ;;
    description: "The third after it."
  }

  dimension: next_event_5 {
    label: "5th Event"
    type: string
    sql: ${TABLE}.next_event_5 ;;
    description: "The fourth after it."
  }

  dimension: is_session_start {
    type: yesno
    sql: ${track_sequence_number} = 1 ;;
    description: "Whether the session begins with this event."
  }

  measure: events {
    type: count
    description: "Events."
    drill_fields: [detail*]
  }

  measure: sessions {
    type: count_distinct
    sql: ${session_id} ;;
    description: "Sessions with such events."
  }

  set: detail {
    fields: [event_id, happened_time, event, next_event_2, next_event_3]
  }
}
