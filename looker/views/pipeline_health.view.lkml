view: pipeline_health {
  derived_table: {
    sql: SELECT *, row_number() OVER (PARTITION BY pipeline, check_name) AS finding FROM journey.health() ;;
  }

  dimension: finding_id {
    type: string
    sql: ${TABLE}.pipeline || ' ' || ${TABLE}.check_name || ' ' || ${TABLE}.finding ;;
    description: "One finding of a check of a pipeline."
    primary_key: yes
    hidden: yes
  }

  dimension: pipeline {
    type: string
    sql: ${TABLE}.pipeline ;;
    description: "The pipeline."
  }

  dimension: check_name {
    type: string
    sql: ${TABLE}.check_name ;;
    description: "What was checked, such as triggers, indexes or partitions."
  }

  dimension: ok {
    type: yesno
    sql: ${TABLE}.ok ;;
    description: "Whether all is well."
  }

  dimension: value {
    type: string
    sql: ${TABLE}.value ;;
    description: "What was found."
  }

  dimension: hint {
    type: string
    sql: ${TABLE}.hint ;;
    description: "What it means."
  }

  dimension: command {
    type: string
    sql: ${TABLE}.command ;;
    description: "What mends it: a command for the database."
  }

  measure: count {
    type: count
    description: "Number of checks, more than one a check where it found more."
  }

  measure: problems {
    type: count
    filters: [ok: "no"]
    description: "Number of findings that are not well."
    drill_fields: [pipeline, check_name, value, hint, command]
  }
}
