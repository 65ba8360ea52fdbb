view: credits {
  sql_table_name: @{journey_schema}.attribution_credits ;;

  dimension: credit_id {
    type: string
    sql: ${TABLE}.kind || ' ' || coalesce(${TABLE}.conversion_id, '') || ' ' || ${TABLE}.visitor_id || ' ' || ${TABLE}.model || ' ' || coalesce(${TABLE}.position, 0) ;;
    description: "One conversion, model and touch."
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
    label: "Conversion Kind"
    type: string
    sql: ${TABLE}.kind ;;
    description: "What earned the credit: sign_up, order, or one of your own."
  }

  dimension: conversion_id {
    type: string
    sql: ${TABLE}.conversion_id ;;
    description: "The visitor for a conversion that counts once, the order for an order, else the event."
  }

  dimension_group: converted {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.converted_at ;;
    description: "When the conversion was."
  }

  dimension_group: touched {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.touched_at ;;
    description: "When the credited touch was."
  }

  dimension: model {
    label: "Attribution Model"
    type: string
    sql: ${TABLE}.model ;;
    description: "The attribution model. Always filter or pivot by it: each model credits every conversion in full."
  }

  dimension: position {
    type: number
    sql: ${TABLE}.position ;;
    description: "The touch's place among those that count, from 1."
  }

  dimension: touches {
    type: number
    sql: ${TABLE}.touches ;;
    description: "How many touches count."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "The touch's channel; (unattributed) where none counts."
  }

  dimension: source {
    type: string
    sql: ${TABLE}.source ;;
    description: "Its source."
  }

  dimension: medium {
    type: string
    sql: ${TABLE}.medium ;;
    description: "Its medium."
  }

  dimension: campaign {
    type: string
    sql: ${TABLE}.campaign ;;
    description: "Its campaign."
  }

  dimension: credit {
    type: number
    sql: ${TABLE}.credit ;;
    description: "Its share of the conversion, 0 to 1."
    value_format_name: decimal_3
  }

  dimension: credited_value {
    type: number
    sql: ${TABLE}.credited_value ;;
    description: "Its share of what the conversion was worth."
    value_format_name: decimal_2
  }

  measure: conversions {
    type: sum
    sql: ${credit} ;;
    description: "Credited conversions: under one model they add up to all conversions."
    value_format_name: decimal_1
    drill_fields: [detail*]
  }

  measure: sign_ups {
    label: "Sign-ups"
    type: sum
    sql: ${credit} ;;
    filters: [kind: "sign_up"]
    description: "Credited sign-ups."
    value_format_name: decimal_1
    drill_fields: [detail*]
  }

  measure: orders {
    type: sum
    sql: ${credit} ;;
    filters: [kind: "order"]
    description: "Credited orders."
    value_format_name: decimal_1
    drill_fields: [detail*]
  }

  measure: value {
    label: "Credited Value"
    type: sum
    sql: ${credited_value} ;;
    description: "Credited value."
    value_format_name: decimal_2
    drill_fields: [detail*]
  }

  measure: average_touches {
    type: average
    sql: ${touches} ;;
    description: "Touches that count, on average."
    value_format_name: decimal_1
  }

  set: detail {
    fields: [kind, conversion_id, converted_date, model, position, channel, campaign, credit, credited_value]
  }
}
