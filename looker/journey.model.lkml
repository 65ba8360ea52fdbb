connection: "@{journey_connection}"
label: "Customer Journeys"

include: "/views/*.view.lkml"
include: "/dashboards/*.dashboard.lookml"

explore: visitors {
  label: "Visitors"
  description: "Who they are, when they came, where from, what they paid. Joined with their sessions, the credits of their conversions and their RFM segment over time."

  join: sessions {
    type: left_outer
    relationship: one_to_many
    sql_on: ${visitors.visitor_id} = ${sessions.visitor_id} ;;
  }
  join: credits {
    type: left_outer
    relationship: one_to_many
    sql_on: ${visitors.visitor_id} = ${credits.visitor_id} ;;
  }
  join: segments {
    type: left_outer
    relationship: one_to_many
    sql_on: ${visitors.visitor_id} = ${segments.visitor_id} ;;
  }
}

explore: credits {
  label: "Attribution"
  description: "Which channel earned which share of each sign-up and order, by attribution model. Filter or pivot by the model."

  join: visitors {
    type: left_outer
    relationship: many_to_one
    sql_on: ${credits.visitor_id} = ${visitors.visitor_id} ;;
  }
}

explore: flows {
  label: "Paths"
  description: "Each event with the four that follow it in its session."

  join: visitors {
    type: left_outer
    relationship: many_to_one
    sql_on: ${flows.visitor_id} = ${visitors.visitor_id} ;;
  }
}

explore: segments {
  label: "RFM Segments over Time"
  description: "The segment of every customer at the end of each period."

  join: visitors {
    type: left_outer
    relationship: many_to_one
    sql_on: ${segments.visitor_id} = ${visitors.visitor_id} ;;
  }
}

explore: migrations {
  label: "RFM Migrations"
  description: "How many customers moved from which segment to which between two periods."
}

explore: conversion_paths {
  label: "Conversion Paths"
  description: "The channels on the way to each conversion: top paths, path length, time lag."

  join: visitors {
    type: left_outer
    relationship: many_to_one
    sql_on: ${conversion_paths.visitor_id} = ${visitors.visitor_id} ;;
  }
}

explore: assisted_conversions {
  label: "Assisted Conversions"
  description: "What each channel closed, and what it helped along."
}

explore: funnel {
  label: "Funnel"
  description: "How many visitors reach each step on the way, by the channel of their first touch, and where the others went."
}

explore: retention {
  label: "Retention"
  description: "Who comes back: cohorts by period, in parts by channel, campaign or segment. Filter by what parts them."
}

explore: path_flows {
  label: "Flows"
  description: "How many sessions go from each step to the next: a Sankey diagram."
}

explore: loads {
  label: "Loads"
  description: "What each run of dbt read from each source, and what it left out."
}

explore: big_visitors {
  label: "Visitors of Many Ids"
  description: "Who may be a shared device, or a value that is no id, and which id holds them together."
}

explore: pipelines {
  label: "Pipelines"
  description: "The pipelines of the database: how fresh they are, what is wrong and what mends it."

  join: pipeline_health {
    type: left_outer
    relationship: one_to_many
    sql_on: ${pipelines.pipeline} = ${pipeline_health.pipeline} ;;
  }
}
