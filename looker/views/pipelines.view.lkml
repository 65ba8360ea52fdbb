view: pipelines {
  sql_table_name: journey.progress ;;

  dimension: pipeline {
    type: string
    sql: ${TABLE}.pipeline ;;
    description: "The pipeline."
    primary_key: yes
  }

  dimension: state {
    type: string
    sql: ${TABLE}.state ;;
    description: "Active, paused, or failed until somebody resumes it."
  }

  dimension: exact {
    type: yesno
    sql: ${TABLE}.exact ;;
    description: "Whether its tables equal a rebuild after each refresh: no source goes by time of arrival alone."
  }

  dimension_group: seen {
    type: time
    timeframes: [raw, time]
    sql: ${TABLE}.seen_at ;;
    description: "As of when its tables are."
  }

  dimension: lag_seconds {
    type: number
    sql: extract(epoch FROM ${TABLE}.lag) ;;
    description: "Seconds since then."
    value_format_name: decimal_0
  }

  dimension: slices_left {
    type: number
    sql: ${TABLE}.slices - ${TABLE}.filled ;;
    description: "Slices of history that are not filled yet."
  }

  dimension: marks {
    type: number
    sql: ${TABLE}.stale ;;
    description: "Marks of changed rows that wait for the next refresh; empty for a connection that may not read the pipeline's tables."
  }

  dimension: failures {
    type: number
    sql: ${TABLE}.failures ;;
    description: "Refreshes that failed one after the other, up to now."
  }

  dimension: message {
    type: string
    sql: ${TABLE}.message ;;
    description: "Why the last one failed."
  }

  measure: count {
    type: count
    description: "Number of pipelines."
    drill_fields: [pipeline, state, lag_seconds, message]
  }

  measure: longest_lag_seconds {
    type: max
    sql: ${lag_seconds} ;;
    description: "The longest lag, in seconds."
    value_format_name: decimal_0
  }
}
