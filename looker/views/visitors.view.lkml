view: visitors {
  sql_table_name: @{journey_schema}.customer_360 ;;

  dimension: visitor_id {
    type: string
    sql: ${TABLE}.visitor_id ;;
    description: "The person: one id for all their devices and user ids."
    primary_key: yes
  }

  dimension: user_ids {
    type: number
    sql: ${TABLE}.user_ids ;;
    description: "Known user ids of the visitor."
  }

  dimension: anonymous_ids {
    type: number
    sql: ${TABLE}.anonymous_ids ;;
    description: "Devices and browsers of the visitor."
  }

  dimension_group: first_seen {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_seen_at ;;
    description: "The visitor's first event."
  }

  dimension_group: last_seen {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_seen_at ;;
    description: "The visitor's last event."
  }

  dimension_group: signed_up {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.signed_up_at ;;
    description: "The visitor's first sign-up."
  }

  dimension: has_signed_up {
    type: yesno
    sql: ${TABLE}.signed_up_at is not null ;;
    description: "Whether the visitor has signed up."
  }

  dimension: sessions_before_sign_up {
    type: number
    sql: ${TABLE}.sessions_before_sign_up ;;
    description: "Sessions up to the sign-up, the one it happened in included."
  }

  dimension: first_page {
    type: string
    sql: ${TABLE}.first_page ;;
    description: "The first page the visitor ever saw."
  }

  dimension: first_touch_channel {
    type: string
    sql: ${TABLE}.first_touch_channel ;;
    description: "The channel of the visitor's first touch."
  }

  dimension: last_touch_channel {
    type: string
    sql: ${TABLE}.last_touch_channel ;;
    description: "The channel of the last touch before the sign-up."
  }

  dimension_group: first_paid {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.first_paid_at ;;
    description: "The visitor's first payment."
  }

  dimension_group: last_paid {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.last_paid_at ;;
    description: "The visitor's last payment."
  }

  dimension: orders {
    type: number
    sql: ${TABLE}.orders ;;
    description: "Payments of the visitor."
  }

  dimension: lifetime_value {
    type: number
    sql: ${TABLE}.lifetime_value ;;
    description: "The sum the visitor has paid."
    value_format_name: decimal_2
  }

  dimension: segment {
    label: "RFM Segment"
    type: string
    sql: ${TABLE}.segment ;;
    description: "The visitor's RFM segment now; empty for those who never paid."
  }

  measure: visitors {
    type: count
    description: "Visitors."
    drill_fields: [detail*]
  }

  measure: signed_up_visitors {
    label: "Signed-up Visitors"
    type: count
    filters: [has_signed_up: "yes"]
    description: "Visitors who have signed up."
    drill_fields: [detail*]
  }

  measure: sign_up_rate {
    label: "Sign-up Rate"
    type: number
    sql: 1.0 * ${signed_up_visitors} / nullif(${visitors}, 0) ;;
    description: "Visitors who have signed up, of all."
    value_format_name: percent_1
  }

  measure: average_sessions_before_sign_up {
    label: "Average Sessions before Sign-up"
    type: average
    sql: ${sessions_before_sign_up} ;;
    description: "Sessions up to the sign-up, on average over those who signed up."
    value_format_name: decimal_1
  }

  measure: total_lifetime_value {
    type: sum
    sql: ${lifetime_value} ;;
    description: "All that these visitors have paid."
    value_format_name: decimal_2
    drill_fields: [detail*]
  }

  measure: average_lifetime_value {
    type: average
    sql: ${lifetime_value} ;;
    description: "What a visitor has paid, on average over all visitors."
    value_format_name: decimal_2
  }

  measure: total_orders {
    type: sum
    sql: ${orders} ;;
    description: "Payments of these visitors."
  }

  set: detail {
    fields: [visitor_id, first_seen_date, signed_up_date, first_touch_channel, last_touch_channel, orders, lifetime_value, segment]
  }
}
