view: conversion_paths {
  sql_table_name: @{journey_schema}.conversion_paths ;;

  dimension: path_id {
    type: string
    sql: ${TABLE}.kind || ' ' || coalesce(${TABLE}.conversion_id, '') || ' ' || ${TABLE}.visitor_id || ' ' || ${TABLE}.converted_at ;;
    description: "One conversion."
    primary_key: yes
    hidden: yes
  }

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.visitor_id ;;
    description: "The person."
    hidden: yes
  }

  dimension: kind {
    type: string
    sql: ${TABLE}.kind ;;
    description: "The kind of conversion: sign_up, order, or one of your own."
  }

  dimension_group: converted {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.converted_at ;;
    description: "When the conversion was."
  }

  dimension: path {
    type: string
    sql: array_to_string(${TABLE}.path, ' > ') ;;
    description: "The channels on the way to it, earliest first."
  }

  dimension: touches {
    type: number
    sql: ${TABLE}.touches ;;
    description: "How many contacts there were."
  }

  dimension: days_from_first_touch {
    type: number
    sql: ${TABLE}.days_from_first_touch ;;
    description: "Days from the first contact to the conversion."
  }

  dimension: value {
    type: number
    sql: ${TABLE}.value ;;
    description: "What it was worth."
    hidden: yes
  }

  measure: conversions {
    type: count
    description: "Conversions."
  }

  measure: total_value {
    type: sum
    sql: ${value} ;;
    description: "What they were worth."
    value_format_name: decimal_2
  }

  measure: average_touches {
    type: average
    sql: ${touches} ;;
    description: "Contacts before a conversion, on average."
    value_format_name: decimal_1
  }

  measure: average_days {
    type: average
    sql: ${days_from_first_touch} ;;
    description: "Days from the first contact to the conversion, on average."
    value_format_name: decimal_1
  }
}
