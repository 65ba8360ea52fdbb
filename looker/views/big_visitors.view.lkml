view: big_visitors {
  sql_table_name: @{journey_schema}.big_visitors ;;

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.visitor_id ;;
    description: "The visitor."
    primary_key: yes
  }

  dimension: ids {
    type: number
    sql: ${TABLE}.ids ;;
    description: "How many ids the visitor has."
  }

  dimension: user_ids {
    type: number
    sql: ${TABLE}.user_ids ;;
    description: "How many of these are user ids."
  }

  dimension: hub_kind {
    type: string
    sql: ${TABLE}.hub_kind ;;
    description: "The kind of the id that is linked to most others."
  }

  dimension: hub {
    type: string
    sql: ${TABLE}.hub ;;
    description: "The id that is linked to most others: a shared device, or a value that is no id."
  }

  dimension: hub_links {
    type: number
    sql: ${TABLE}.hub_links ;;
    description: "How many others it is linked to."
  }

  dimension_group: last_seen {
    type: time
    timeframes: [raw, time, date, week, month]
    sql: ${TABLE}.last_seen_at ;;
    description: "The last sighting of any of the ids."
  }

  measure: visitors {
    type: count
    description: "Visitors of so many ids."
    drill_fields: [visitor_id, ids, user_ids, hub_kind, hub, hub_links]
  }

  measure: most_ids {
    type: max
    sql: ${TABLE}.ids ;;
    description: "The most ids that one visitor has."
    value_format_name: decimal_0
  }
}
