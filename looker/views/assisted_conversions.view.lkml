view: assisted_conversions {
  sql_table_name: @{journey_schema}.assisted_conversions ;;

  dimension: assist_id {
    type: string
    sql: ${TABLE}.kind || ' ' || ${TABLE}.channel ;;
    description: "One kind of conversion and channel."
    primary_key: yes
    hidden: yes
  }

  dimension: kind {
    type: string
    sql: ${TABLE}.kind ;;
    description: "The kind of conversion."
  }

  dimension: channel {
    type: string
    sql: ${TABLE}.channel ;;
    description: "The channel."
  }

  measure: last_contacts {
    type: sum
    sql: ${TABLE}.last_contacts ;;
    description: "Conversions whose last contact it was."
    value_format_name: decimal_1
  }

  measure: assists {
    type: sum
    sql: ${TABLE}.assists ;;
    description: "Conversions to which it led earlier, without being the last contact."
    value_format_name: decimal_1
  }

  measure: last_contact_value {
    type: sum
    sql: ${TABLE}.last_contact_value ;;
    description: "The value of the former."
    value_format_name: decimal_2
  }

  measure: assisted_value {
    type: sum
    sql: ${TABLE}.assisted_value ;;
    description: "The value of the latter."
    value_format_name: decimal_2
  }
}
