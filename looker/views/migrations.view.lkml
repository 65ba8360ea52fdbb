view: migrations {
  sql_table_name: @{journey_schema}.rfm_migrations ;;

  dimension: migration_id {
    type: string
    sql: ${TABLE}.from_snapshot_at || ' ' || ${TABLE}.from_segment || ' ' || ${TABLE}.to_segment ;;
    description: "One step from segment to segment."
    primary_key: yes
    hidden: yes
  }

  dimension_group: from_snapshot {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.from_snapshot_at ;;
    description: "The earlier snapshot."
  }

  dimension_group: to_snapshot {
    type: time
    timeframes: [raw, time, date, week, month, quarter, year]
    sql: ${TABLE}.to_snapshot_at ;;
    description: "The later snapshot."
  }

  dimension: from_segment {
    type: string
    sql: ${TABLE}.from_segment ;;
    description: "The segment before; (none) for new customers."
  }

  dimension: to_segment {
    type: string
    sql: ${TABLE}.to_segment ;;
    description: "The segment after."
  }

  measure: visitors {
    type: sum
    sql: ${TABLE}.visitors ;;
    description: "Visitors who moved so."
  }

  set: detail {
    fields: [from_snapshot_date, from_segment, to_segment]
  }
}
