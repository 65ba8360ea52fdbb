view: funnel {
  sql_table_name: @{journey_schema}.funnel ;;

  dimension: step_id {
    type: string
    sql: ${TABLE}.channel || ' ' || ${TABLE}.step_number ;;
    description: "One step for one channel."
    primary_key: yes
    hidden: yes
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "The channel of the visitors' first touch; (none) where there was no touch."
  }

  dimension: step_number {
    type: number
    sql: ${TABLE}.step_number ;;
    description: "The place of the step, from 1."
  }

  dimension: step {
    type: string
    sql: ${TABLE}.step ;;
    description: "The step of the funnel."
    order_by_field: step_number
  }

  dimension: went_to {
    type: string
    sql: ${TABLE}.went_to ;;
    description: "The most frequent next event of those who got no further; empty where nothing came after."
  }

  dimension: median_seconds {
    type: number
    sql: ${TABLE}.median_seconds ;;
    description: "Seconds from the step before, in the median."
  }

  measure: visitors {
    type: sum
    sql: ${TABLE}.visitors ;;
    description: "Visitors who reached the step. Group or filter by the step."
  }

  measure: left_here {
    type: sum
    sql: ${TABLE}.left_here ;;
    description: "Visitors who got no further."
  }

  measure: share_left {
    type: number
    sql: 1.0 * ${left_here} / nullif(${visitors}, 0) ;;
    description: "The share of those who reached the step and got no further."
    value_format_name: percent_1
  }
}
