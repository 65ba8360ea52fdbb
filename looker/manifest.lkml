project_name: "journey"

constant: journey_schema {
  value: "analytics_journey"
  export: override_optional
}

constant: journey_connection {
  value: "postgres"
  export: override_required
}
