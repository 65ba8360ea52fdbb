{# The steps of the funnel: {name: condition}. #}
{% macro funnel_steps() %}
  {% set steps = var('journey_funnel') or {'visit': 'true', 'sign_up': 'event = ' ~ dbt.string_literal(var('journey_signup_event'))} %}
  {% if steps is not mapping or steps | length > 64 %}
    {{ journey.refuse('journey_funnel', steps, "Give 1 to 64 steps, {name: condition}.") }}
  {% endif %}
  {{ return(steps) }}
{% endmacro %}
