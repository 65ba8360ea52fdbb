-- Every session, where the events of a visitor are scattered: in no order of time, each a session of its own.
CREATE UNLOGGED TABLE events AS
SELECT
  'visitor-' || floor(greatest(:events / 16, 1) * uniform(n, :seed + 20))::bigint AS visitor_id,
  timestamptz '2025-01-01 00:00+00' + interval '1 day' * (365 * uniform(n, :seed + 21)) AS ts
FROM generate_series(1, :events) n
