-- Why: what each touch before a sign-up earned of it, under three models.

CREATE TABLE credits AS
SELECT visitor_id, converted_at, model, credit.*
FROM sign_ups
JOIN trails USING (visitor_id),
  unnest('{first, last, linear}'::journey.attribution_model[]) AS model,
  journey.attribute(trail, converted_at, model) AS credit;
