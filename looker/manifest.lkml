project_name: "journey"

constant: journey_schema {
  value: "analytics"
  export: override_optional
}

constant: journey_connection {
  value: "postgres"
  export: override_required
}
