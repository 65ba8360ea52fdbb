-- The dbt package's tables under the names that the pipeline gives its own.

CREATE VIEW events AS
SELECT event_id, anonymous_id, user_id, event, ts, page_url FROM analytics_journey.sessionized_tracks;

CREATE VIEW aliases AS
SELECT alias, is_user, visitor_id FROM analytics_journey.alias_visitors;

CREATE TABLE sessions AS
SELECT
  visitor_id, session_id, session_number, started_at, ended_at, events,
  ROW(started_at, source, medium, campaign, NULL, NULL, channel, referrer, landing_page, NULL)::journey.touch AS touch
FROM analytics_journey.all_sessions;

CREATE VIEW sign_ups AS
SELECT visitor_id, session_number, signed_up_at AS converted_at FROM analytics_journey.useful_sessions WHERE is_sign_up;

CREATE VIEW credits AS
SELECT visitor_id, converted_at, model, channel, credit FROM analytics_journey.attribution_credits WHERE kind = 'sign_up';

CREATE VIEW rfm AS
SELECT visitor_id, last_paid_at, frequency, monetary, segment FROM analytics_journey.rfm_current;
