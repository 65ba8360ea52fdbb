-- Small tables for test/pipelines_traps.py, and what a pipeline over them must have, by plain SQL over these.
SET check_function_bodies = off;
CREATE PROCEDURE make_shop(pipeline text DEFAULT '', source text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journey.drop_pipeline(p.name) FROM journey.pipelines AS p;
  DROP SCHEMA IF EXISTS shop CASCADE;
  CREATE SCHEMA shop;
  CREATE TABLE shop.events (event_id text, device text, user_id text, ts timestamptz) PARTITION BY RANGE (ts);
  CREATE TABLE shop.december PARTITION OF shop.events FOR VALUES FROM ('2024-12-01Z') TO ('2025-01-01Z');
  CREATE TABLE shop.january PARTITION OF shop.events FOR VALUES FROM ('2025-01-01Z') TO ('2025-02-01Z');
  CREATE TABLE shop.february PARTITION OF shop.events FOR VALUES FROM ('2025-02-01Z') TO ('2025-03-01Z');
  EXECUTE format('SELECT journey.create_pipeline(''web'', ''shop'', targets => ''{visitors}''%s)', pipeline);
  EXECUTE format('SELECT count(*) FROM journey.add_source(''web'', ''shop.events'', ts => ''ts'', event_id => ''event_id'', anonymous_id => ''device'', user_id => ''user_id''%s)', source);
END $$;

-- Events of a device: 'e1 2025-01-05', with the number of a transaction if that is not its own.
CREATE PROCEDURE come(device text, events text[], user_id text DEFAULT NULL) LANGUAGE sql AS $$
  INSERT INTO shop.events (event_id, device, user_id, ts) SELECT nullif(split_part(e, ' ', 1), '-'), device, user_id, (split_part(e, ' ', 2) || 'Z')::timestamptz FROM unnest(events) AS e $$;

-- Rows that are stored and should not be, and those that are missing: an event id counts where the row before it is none or
-- more than seven days ago; who is who, by all rows that count.
CREATE FUNCTION wrong(pipeline text DEFAULT 'web') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  found text;
BEGIN
  EXECUTE format($q$
    WITH counted AS MATERIALIZED (
      SELECT *, date_trunc('month', ts AT TIME ZONE 'UTC')::date AS slice, coalesce(user_id, device) AS id
      FROM (SELECT *, lag(ts) OVER (PARTITION BY event_id ORDER BY ts, coalesce(user_id, device)) AS before FROM shop.events) AS e
      WHERE event_id IS NULL OR before IS NULL OR ts - before > '7 days'),
    trails AS (SELECT slice::text, id, count(*) AS events FROM counted GROUP BY 1, 2),
    stored_trails AS (SELECT slice::text, alias, journey.event_count(trail) FROM shop.%1$I),
    stored_aliases AS (SELECT alias, visitor_id FROM shop.%2$I),
    aliases AS (SELECT * FROM (%3$s) AS r)
    SELECT string_agg(x, ' ' ORDER BY x) FROM (
      SELECT 'missing' || t::text FROM (TABLE trails EXCEPT ALL TABLE stored_trails) AS t UNION ALL SELECT 'extra' || t::text FROM (TABLE stored_trails EXCEPT ALL TABLE trails) AS t
      UNION ALL SELECT 'missing' || t::text FROM (TABLE aliases EXCEPT ALL TABLE stored_aliases) AS t UNION ALL SELECT 'extra' || t::text FROM (TABLE stored_aliases EXCEPT ALL TABLE aliases) AS t) AS w (x)$q$,
    pipeline || '_trails', pipeline || '_aliases',
    CASE p.mode WHEN 'connected' THEN format('SELECT alias, visitor_id FROM journey.resolve_aliases(''SELECT ''''anonymous'''', device, ''''user'''', user_id, ts FROM (SELECT *, lag(ts) OVER (PARTITION BY event_id ORDER BY ts, coalesce(user_id, device)) AS before FROM shop.events) AS e WHERE event_id IS NULL OR before IS NULL OR ts - before > ''''7 days'''''', %L::text[], %L::text[], max_members => %L)', p.kinds, p.unique_kinds, p.max_members)
      ELSE 'SELECT alias, visitor_id FROM journey.resolve_aliases(''SELECT device, user_id, ts FROM shop.events'', ''latest_user''::journey.alias_mode)' END)
  INTO found;
  RETURN coalesce(found, '');
END $$;
