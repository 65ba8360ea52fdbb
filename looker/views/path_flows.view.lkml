view: path_flows {
  sql_table_name: @{journey_schema}.path_flows ;;

  dimension: edge_id {
    type: string
    sql: ${TABLE}.position || ' ' || ${TABLE}.step || ' > ' || coalesce(${TABLE}.next_step, '') ;;
    description: "One way from one step to the next."
    primary_key: yes
    hidden: yes
  }

  dimension: position {
    type: number
    sql: ${TABLE}.position ;;
    description: "The place of the step in its session, from 1."
  }

  dimension: step {
    type: string
    sql: ${TABLE}.step ;;
    description: "The step."
  }

  dimension: next_step {
    type: string
    sql: ${TABLE}.next_step ;;
    description: "The next step; empty where the session ends."
  }

  measure: sessions {
    type: sum
    sql: ${TABLE}.sessions ;;
    description: "Sessions that go this way."
  }
}
