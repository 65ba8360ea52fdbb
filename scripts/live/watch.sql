-- What the pipeline makes of it: whoever was here last.
SELECT format('%s   %s sessions of %s visitors, as of %s s ago', to_char(clock_timestamp(), 'HH24:MI:SS'), (SELECT count(*) FROM shop_all_sessions), (SELECT count(*) FROM shop_visitors),
  round(extract('epoch' FROM (SELECT lag FROM journey.progress)), 1)) AS now \gset
\echo :now
SELECT to_char(s.started_at, 'HH24:MI:SS') AS "came at", s.visitor_id AS visitor, s.session_number AS session, s.events, s.channel, a.first_touch_channel AS "first touch",
  to_char(a.first_touch_at, 'YYYY-MM-DD') AS "of", CASE WHEN s.sign_ups > 0 THEN 'just now' ELSE to_char(v.signed_up_at, 'YYYY-MM-DD') END AS "signed up"
FROM shop_all_sessions AS s JOIN shop_attribution AS a USING (visitor_id) JOIN shop_visitors AS v USING (visitor_id)
ORDER BY s.ended_at DESC, visitor_id LIMIT 6;
