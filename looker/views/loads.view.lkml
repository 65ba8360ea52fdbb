view: loads {
  sql_table_name: @{journey_schema}.load_report ;;

  dimension: load_id {
    type: string
    sql: ${TABLE}.changed_at || ' ' || ${TABLE}.source ;;
    description: "One run and source."
    primary_key: yes
    hidden: yes
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "The input that was read."
  }

  dimension_group: run {
    type: time
    timeframes: [raw, time, date, week, month]
    sql: ${TABLE}.changed_at ;;
    description: "When the run began."
  }

  measure: rows_read {
    type: sum
    sql: ${TABLE}.rows_read ;;
    description: "Rows read."
    value_format_name: decimal_0
  }

  measure: new_rows {
    type: sum
    sql: ${TABLE}.new_rows ;;
    description: "Rows that were new, or changed others."
    value_format_name: decimal_0
  }

  measure: no_id {
    type: sum
    sql: ${TABLE}.no_id ;;
    description: "Rows left out without a real id."
    value_format_name: decimal_0
  }

  measure: no_time {
    type: sum
    sql: ${TABLE}.no_time ;;
    description: "Rows left out without a finite time."
    value_format_name: decimal_0
  }

  measure: filtered {
    type: sum
    sql: ${TABLE}.filtered ;;
    description: "Rows left out by a condition."
    value_format_name: decimal_0
  }

  measure: rapid {
    type: sum
    sql: ${TABLE}.rapid ;;
    description: "New rows in sessions that are left out for their pace."
    value_format_name: decimal_0
  }

  measure: erased {
    type: sum
    sql: ${TABLE}.erased ;;
    description: "Left out: of persons who were erased."
    value_format_name: decimal_0
  }

  measure: late {
    type: sum
    sql: ${TABLE}.late ;;
    description: "Rows that were committed too late to be read."
    value_format_name: decimal_0
  }
}
