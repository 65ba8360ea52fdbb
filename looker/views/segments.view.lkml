view: segments {
  sql_table_name: @{journey_schema}.rfm_history ;;

  dimension: segment_id {
    type: string
    sql: ${TABLE}.visitor_id || ' ' || ${TABLE}.snapshot_at ;;
    description: "One visitor at one snapshot."
    primary_key: yes
    hidden: yes
  }

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.visitor_id ;;
    description: "The person."
    hidden: yes
  }

  dimension_group: snapshot {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.snapshot_at ;;
    description: "The end of the period."
  }

  dimension: recency_score {
    type: number
    sql: ${TABLE}.recency_score ;;
    description: "1 to 5 within the snapshot; 5 paid most recently."
  }

  dimension: frequency_score {
    type: number
    sql: ${TABLE}.frequency_score ;;
    description: "1 to 5 within the snapshot; 5 paid most often."
  }

  dimension: monetary_score {
    type: number
    sql: ${TABLE}.monetary_score ;;
    description: "1 to 5 within the snapshot; 5 paid most."
  }

  dimension: frequency {
    type: number
    sql: ${TABLE}.frequency ;;
    description: "Payments until the snapshot."
  }

  dimension: monetary {
    type: number
    sql: ${TABLE}.monetary ;;
    description: "The sum paid until the snapshot."
    value_format_name: decimal_2
  }

  dimension: segment {
    label: "RFM Segment"
    type: string
    sql: ${TABLE}.segment ;;
    description: "The RFM segment at the snapshot."
  }

  measure: customers {
    type: count
    description: "Visitors who had paid by the snapshot. Filter or group by a snapshot."
    drill_fields: [detail*]
  }

  measure: total_monetary {
    type: sum
    sql: ${monetary} ;;
    description: "What they had paid by the snapshot."
    value_format_name: decimal_2
  }

  measure: average_frequency {
    type: average
    sql: ${frequency} ;;
    description: "Their payments, on average."
    value_format_name: decimal_1
  }

  set: detail {
    fields: [visitor_id, snapshot_date, segment, frequency, monetary]
  }
}
