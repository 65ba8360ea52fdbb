view: retention {
  sql_table_name: @{journey_schema}.retention ;;

  dimension: cohort_id {
    type: string
    sql: ${TABLE}.cohort_at || ' ' || ${TABLE}.cohort_by || ' ' || ${TABLE}.cohort || ' ' || ${TABLE}.period ;;
    description: "One part of a cohort in one period."
    primary_key: yes
    hidden: yes
  }

  dimension_group: cohort {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    sql: ${TABLE}.cohort_at ;;
    description: "When the cohort's visitors were first there."
  }

  dimension: cohort_by {
    type: string
    sql: ${TABLE}.cohort_by ;;
    description: "What parts the cohorts: all, channel, campaign or segment. Filter by one of them."
  }

  dimension: cohort_part {
    type: string
    sql: ${TABLE}.cohort ;;
    description: "The part: a channel, a campaign, a segment."
  }

  dimension: period {
    type: number
    sql: ${TABLE}.period ;;
    description: "The period since their first event, from 1."
  }

  measure: cohort_visitors {
    type: sum
    sql: ${TABLE}.cohort_visitors ;;
    description: "Visitors of the cohort whose period is over. Group or filter by the period."
  }

  measure: visitors {
    type: sum
    sql: ${TABLE}.visitors ;;
    description: "Those who were there in the period."
  }

  measure: share {
    type: number
    sql: 1.0 * ${visitors} / nullif(${cohort_visitors}, 0) ;;
    description: "Their share of the cohort."
    value_format_name: percent_1
  }
}
