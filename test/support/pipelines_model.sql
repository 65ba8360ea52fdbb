-- A model of pipelines: random changes of two tables, and what all targets must be, by plain SQL over these.
SET check_function_bodies = off;
CREATE SCHEMA model;
CREATE TABLE model.configs (config text PRIMARY KEY, changes journey.change_mode, partitioned boolean, event_ids boolean, slice journey.slice_size, kinds text[], unique_kinds text[] DEFAULT '{}', max_members int,
  mode journey.alias_mode DEFAULT 'connected', email boolean DEFAULT false, numbers boolean DEFAULT false);
INSERT INTO model.configs VALUES
  ('column', 'column', true, true, 'month', '{user,email,anonymous}', '{}', NULL, 'connected', true, false),
  ('trigger', 'trigger', false, true, 'day', '{user,anonymous}', '{}', NULL, 'connected', false, false),
  ('received_at', 'received_at', false, true, 'month', '{user,anonymous}', '{}', NULL, 'connected', false, false),
  ('limits', 'column', false, false, 'month', '{user,email,anonymous}', '{user}', 4, 'connected', true, false),
  ('latest_user', 'trigger', true, true, 'year', '{user,anonymous}', '{}', NULL, 'latest_user', false, false),
  ('numbers', 'column', true, true, 'month', '{user,anonymous}', '{}', NULL, 'connected', false, true);
CREATE TABLE model.results (config text, seed int, batch int, events bigint, what text, rows bigint, example text);

CREATE FUNCTION model.one(text[]) RETURNS text LANGUAGE sql VOLATILE RETURN $1[1 + floor(random() * cardinality($1))::int];
CREATE FUNCTION model.some_time() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN CASE
  WHEN current_setting('model.day', true) <> '' THEN current_setting('model.day')::timestamptz + (random() * 48 - 24) * interval '1 hour'  -- of the day, or as late
  ELSE CASE floor(random() * 40)::int
  WHEN 0 THEN NULL WHEN 1 THEN CASE WHEN random() < 0.5 THEN 'infinity'::timestamptz ELSE '-infinity' END
  WHEN 2 THEN timestamptz '2025-02-01' - interval '10 minutes' WHEN 3 THEN '2025-02-01'
  ELSE timestamptz '2025-01-01' + floor(random() ^ 2 * 59 * 24 * 6) * interval '10 minutes' END END;

CREATE PROCEDURE model.make_tables(c model.configs) LANGUAGE plpgsql AS $$
BEGIN
  DROP TABLE IF EXISTS model.events, model.orders;
  EXECUTE 'CREATE TABLE model.events (event_id text, anonymous_id text, user_id text, email text, event text, ts timestamptz, page_url text, referrer text, passive boolean, loaded_at timestamptz)'
    || CASE WHEN c.partitioned THEN ' PARTITION BY RANGE (ts)' ELSE '' END;
  IF c.partitioned THEN
    CREATE TABLE model.january PARTITION OF model.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
    CREATE TABLE model.february PARTITION OF model.events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
    CREATE TABLE model.rest PARTITION OF model.events DEFAULT;
  END IF;
  CREATE TABLE model.orders (order_id text, customer_id text, paid_at timestamptz, amount numeric, loaded_at timestamptz);
END $$;

CREATE PROCEDURE model.declare(name text, c model.configs) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  PERFORM journey.create_pipeline(name, 'model', slice => c.slice, kinds => c.kinds, unique_kinds => c.unique_kinds, max_members => c.max_members, mode => c.mode,
    own_hosts => '{shop.example}', targets => enum_range(NULL::journey.pipeline_target));
  FOR statement IN
    SELECT journey.add_source(name, 'model.events', ts => 'ts', event_id => CASE WHEN c.event_ids THEN 'event_id' END, anonymous_id => 'anonymous_id', user_id => 'user_id',
      ids => CASE WHEN c.email THEN '{"email": "lower(email)"}'::jsonb ELSE '{}' END, event => 'event', page_url => 'page_url', referrer => 'referrer', condition => $q$event <> 'staff'$q$, passive => 'passive',
      conversions => $q${"sign_up": {"when": "event = 'Signed Up'"}}$q$, changes => c.changes, received_at => CASE WHEN c.changes = 'received_at' THEN 'loaded_at' END, overlap => '1 hour')
    UNION ALL
    SELECT journey.add_source(name, 'model.orders', ts => 'paid_at', event_id => CASE WHEN c.event_ids THEN 'order_id' END, user_id => 'customer_id', passive => 'true', conversions => '{"order": {"value": "amount"}}',
      changes => c.changes, received_at => CASE WHEN c.changes = 'received_at' THEN 'loaded_at' END, overlap => '1 hour')
  LOOP
    IF statement LIKE 'CREATE INDEX%' THEN EXECUTE replace(statement, 'CONCURRENTLY ', ''); END IF;
  END LOOP;
END $$;

CREATE PROCEDURE model.come() LANGUAGE plpgsql AS $$
DECLARE
  junk text[] := '{null,0,undefined,""}';
BEGIN
  INSERT INTO model.events (event_id, anonymous_id, user_id, email, event, ts, page_url, referrer, passive, loaded_at)
  SELECT CASE WHEN random() < 0.3 THEN 'e' || floor(random() * 30) WHEN random() < 0.7 THEN 'n' || random() END,
    CASE WHEN random() < 0.05 THEN model.one(junk) WHEN random() < 0.8 THEN 'a' || floor(random() * 20) END, CASE WHEN random() < 0.05 THEN model.one(junk) WHEN random() < 0.3 THEN 'u' || floor(random() * 8) END,
    CASE WHEN random() < 0.2 THEN 'M' || floor(random() * 6) || '@x.example' END, model.one('{page,page,page,page,Signed Up,staff}'), model.some_time(),
    model.one('{https://shop.example/,https://shop.example/blog/a,https://shop.example/?utm_source=news&utm_medium=email,https://shop.example/p?gclid=1,/blog/x,NULL,not a url}'),
    model.one('{https://www.google.com/,https://shop.example/,NULL,https://t.co/x}'), random() < 0.1, clock_timestamp() - random() * interval '10 minutes'
  FROM generate_series(1, 1 + floor(random() * 12)::int);
  INSERT INTO model.orders SELECT CASE WHEN random() < 0.8 THEN 'o' || floor(random() * 40) END, 'u' || floor(random() * 8), model.some_time(), round((random() * 100 - 10)::numeric, 2), clock_timestamp() - random() * interval '10 minutes'
  FROM generate_series(1, floor(random() * 3)::int);
END $$;

-- Random changes: mostly rows that come.
CREATE PROCEDURE model.change(c model.configs) LANGUAGE plpgsql AS $$
DECLARE
  n int;
  what int;
  inserts_only boolean := c.changes = 'received_at';
BEGIN
  FOR n IN 1 .. 1 + floor(random() * 4)::int LOOP
    what := CASE WHEN inserts_only THEN 0 ELSE floor(random() * 14)::int END;
    CASE
      WHEN what < 6 THEN
        CALL model.come();
      WHEN what = 6 THEN UPDATE model.events SET user_id = CASE WHEN random() < 0.7 THEN 'u' || floor(random() * 8) END WHERE random() < 0.1;
      WHEN what = 7 THEN UPDATE model.events SET ts = model.some_time() WHERE random() < 0.1;
      WHEN what = 8 THEN UPDATE model.events SET event_id = CASE WHEN random() < 0.7 THEN 'e' || floor(random() * 30) END, event = model.one('{page,Signed Up,staff}') WHERE random() < 0.1;
      WHEN what = 9 THEN DELETE FROM model.events WHERE random() < 0.15;
      WHEN what = 10 THEN DELETE FROM model.orders WHERE random() < 0.2; UPDATE model.orders SET amount = amount + 1 WHERE random() < 0.3;
      WHEN what = 11 THEN
        INSERT INTO model.events (event_id, anonymous_id, user_id, email, event, ts, page_url, referrer, passive, loaded_at)
        SELECT event_id, anonymous_id, user_id, email, event, ts + model.one('{0,1 day,-1 day,30 days}')::interval, page_url, referrer, passive, loaded_at FROM model.events WHERE random() < 0.05 AND isfinite(ts);
      WHEN what = 12 AND random() < 0.3 THEN EXECUTE CASE WHEN c.partitioned THEN 'TRUNCATE ' || model.one('{model.january,model.february,model.rest}') ELSE 'TRUNCATE model.orders' END;
      WHEN what = 13 AND c.partitioned AND random() < 0.5 THEN
        ALTER TABLE model.events DETACH PARTITION model.february;
        DELETE FROM model.february WHERE random() < 0.2; UPDATE model.february SET anonymous_id = 'a1' WHERE random() < 0.1;
        ALTER TABLE model.events ATTACH PARTITION model.february FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
      ELSE NULL;
    END CASE;
    IF c.numbers AND random() < 0.5 AND EXISTS (SELECT FROM journey.pipeline_sources) THEN
      EXECUTE format('UPDATE model.events SET journey_xid = %s WHERE random() < 0.05', model.one('{"NULL",3,4000000000000,journey.current_xid() + 2,journey.current_xid() + 40,journey.current_xid() - 2}'));
    END IF;
  END LOOP;
END $$;

-- All that counts, in other words than a pipeline's: an event id counts where the row before it with that id is none, or more than
-- the window ago.
CREATE FUNCTION model.counted(c model.configs) RETURNS TABLE (source int, kind text, alias text, a text, u text, m text, ts timestamptz, event text, page_url text, referrer text, passive boolean, value numeric, event_id text) LANGUAGE sql AS $$
  WITH r AS (
    SELECT 1 AS source, journey.real_id(anonymous_id) AS a, journey.real_id(user_id) AS u, CASE WHEN c.email THEN journey.real_id(lower(email)) END AS m, ts, CASE event WHEN 'Signed Up' THEN 'sign_up' END AS event, page_url, referrer, coalesce(passive, false) AS passive, NULL::numeric AS value, event_id
    FROM model.events WHERE event <> 'staff'
    UNION ALL
    SELECT 2, NULL, journey.real_id(customer_id), NULL, paid_at, 'order', NULL, NULL, true, amount, order_id FROM model.orders),
  usable AS (SELECT r.*, CASE WHEN u IS NOT NULL THEN 'user' WHEN m IS NOT NULL THEN 'email' ELSE 'anonymous' END AS kind, coalesce(u, m, a) AS alias FROM r WHERE coalesce(u, m, a) IS NOT NULL AND isfinite(ts)),
  numbered AS (SELECT *, lag(ts) OVER (PARTITION BY source, event_id
      ORDER BY ts, alias, kind = 'anonymous', kind = 'email', CASE source WHEN 1 THEN CASE WHEN c.email THEN ROW(u, m, a, page_url, referrer, passive, event IS NOT NULL, NULL)::text ELSE ROW(u, a, page_url, referrer, passive, event IS NOT NULL, NULL)::text END ELSE ROW(u, NULL, NULL, passive, true, value)::text END) AS before FROM usable)
  SELECT source, kind, alias, a, u, m, ts, event, page_url, referrer, passive, value, event_id FROM numbered WHERE NOT c.event_ids OR event_id IS NULL OR before IS NULL OR ts - before > '7 days'
$$;

CREATE PROCEDURE model.compare(c model.configs, seed int, batch int) LANGUAGE plpgsql AS $$
DECLARE
  counted bigint;
  target text;
BEGIN
  CREATE TEMP TABLE counted ON COMMIT DROP AS SELECT * FROM model.counted(c);
  SELECT count(*) INTO counted FROM counted;
  -- Who is who: by all rows, either end first, blocked ids and all.
  CREATE TEMP TABLE who (kind text, alias text, visitor_kind text, visitor_id text, first_seen_at timestamptz, last_seen_at timestamptz) ON COMMIT DROP;
  IF c.mode = 'connected' THEN
    INSERT INTO who SELECT kind, alias, visitor_kind, visitor_id, first_seen_at, last_seen_at FROM journey.resolve_aliases(
      'SELECT CASE WHEN m IS NULL THEN ''anonymous'' ELSE ''email'' END, coalesce(m, a), ''user'', u, ts FROM counted WHERE u IS NOT NULL OR m IS NULL OR a IS NULL
       UNION ALL SELECT ''anonymous'', a, ''user'', u, ts FROM counted WHERE u IS NOT NULL AND m IS NOT NULL AND a IS NOT NULL
       UNION ALL SELECT ''anonymous'', a, ''email'', m, ts FROM counted WHERE u IS NULL AND m IS NOT NULL AND a IS NOT NULL', c.kinds, c.unique_kinds, max_members => c.max_members);
  ELSE
    INSERT INTO who SELECT CASE WHEN is_user THEN 'user' ELSE 'anonymous' END, alias, CASE WHEN is_user OR members > 1 THEN 'user' ELSE 'anonymous' END, visitor_id, first_seen_at, last_seen_at
    FROM journey.resolve_aliases('SELECT a, u, ts FROM counted', c.mode);
  END IF;
  CREATE TEMP TABLE truth_aliases ON COMMIT DROP AS SELECT * FROM who;
  CREATE TEMP TABLE truth_visitors ON COMMIT DROP AS
    SELECT visitor_id, members, first_seen_at, last_seen_at, signed_up_at, trail
    FROM (SELECT visitor_id, count(*)::int AS members, min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM who GROUP BY 1) AS w
    LEFT JOIN (
      SELECT visitor_id, min(ts) FILTER (WHERE event = 'sign_up') AS signed_up_at,
        journey.trail(ts, '00:30:00'::journey.session_rule, journey.touch(ts, page_url, referrer, '{shop.example}'), page_url, event IS NOT NULL) FILTER (WHERE NOT passive) AS trail
      FROM who JOIN counted USING (kind, alias) GROUP BY 1) AS t USING (visitor_id);
  CREATE TEMP TABLE truth_conversions ON COMMIT DROP AS SELECT visitor_id, event AS kind, ts AS at, value, CASE WHEN c.event_ids THEN event_id END AS conversion_id FROM who JOIN counted AS k USING (kind, alias) WHERE k.event IS NOT NULL;
  CREATE TEMP TABLE truth_all_sessions ON COMMIT DROP AS
    SELECT journey.session_id(visitor_id, s.started_at) AS session_id, visitor_id, s.session_number, s.started_at, s.ended_at, s.events, s.pages, s.conversions > 0 AS signed_up, s.landing_page, s.exit_page, (s.touch).source, (s.touch).channel
    FROM truth_visitors, journey.sessions(trail) AS s;
  CREATE TEMP TABLE truth_rfm ON COMMIT DROP AS
    SELECT visitor_id, (r).first_paid_at, (r).last_paid_at, (r).frequency, (r).monetary FROM (SELECT visitor_id, journey.rfm(at, value) AS r FROM truth_conversions WHERE value IS NOT NULL GROUP BY 1) AS x WHERE (r).first_paid_at IS NOT NULL;
  CREATE TEMP TABLE truth_credits ON COMMIT DROP AS
    SELECT t.visitor_id, t.kind, t.at AS converted_at, m::text AS model, a.channel, a.credit FROM truth_conversions AS t JOIN truth_visitors USING (visitor_id), unnest('{first,last,first_paid,last_paid,linear}'::journey.attribution_model[]) AS m, journey.attribute(trail, t.at, m) AS a;
  CREATE TEMP TABLE truth_attribution ON COMMIT DROP AS
    SELECT visitor_id, journey.started_at(trail) AS first_seen_at, signed_up_at, CASE WHEN signed_up_at IS NOT NULL THEN (SELECT count(*) FROM journey.sessions(trail) AS s WHERE s.started_at <= signed_up_at) END AS sessions_before_sign_up,
      (f).channel AS first_touch_channel, (l).source AS last_touch_source, (pl).campaign AS last_paid_touch_campaign, (pl).touched_at AS last_paid_touch_at
    FROM truth_visitors CROSS JOIN LATERAL (SELECT journey.first_touch(trail, coalesce(signed_up_at, 'infinity')) AS f, journey.last_touch(trail, coalesce(signed_up_at, 'infinity')) AS l, journey.last_touch(trail, coalesce(signed_up_at, 'infinity'), 'paid') AS pl) AS x WHERE trail IS NOT NULL;
  FOREACH target IN ARRAY '{aliases,visitors,conversions,all_sessions,rfm,credits,attribution}'::text[] LOOP
    EXECUTE format($q$
      INSERT INTO model.results
      SELECT $1, $2, $3, $4, $5, count(*), min(side || ' ' || x) FROM (
        SELECT 'missing' AS side, t::text AS x FROM (SELECT %1$s FROM truth_%2$s EXCEPT ALL SELECT %1$s FROM model.live_%3$s) AS t
        UNION ALL SELECT 'extra', t::text FROM (SELECT %1$s FROM model.live_%3$s EXCEPT ALL SELECT %1$s FROM truth_%2$s) AS t) AS x$q$,
      (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = ('truth_' || target)::regclass AND attnum > 0), target, CASE target WHEN 'credits' THEN 'attribution_credits' ELSE target END)
    USING c.config, seed, batch, counted, target;
  END LOOP;
  COMMIT;
END $$;

-- A pipeline that is filled at once has the same in every column of every view, but for when things changed.
CREATE PROCEDURE model.compare_fresh(c model.configs, seed int, batch int) LANGUAGE plpgsql AS $$
DECLARE
  view text;
BEGIN
  CALL model.declare('fresh', c);
  COMMIT;
  CALL journey.fill('fresh');
  CALL journey.refresh('fresh');
  FOREACH view IN ARRAY '{trails,links,aliases,visitors,conversions,all_sessions,useful_sessions,attribution,attribution_credits,rfm,customer_360}'::text[] LOOP
    EXECUTE format($q$
      INSERT INTO model.results
      SELECT $1, $2, $3, 0, 'fresh ' || $4, count(*), min(side || ' ' || x) FROM (
        SELECT 'missing' AS side, t::text AS x FROM (SELECT %1$s FROM model.fresh_%2$s EXCEPT ALL SELECT %1$s FROM model.live_%2$s) AS t
        UNION ALL SELECT 'extra', t::text FROM (SELECT %1$s FROM model.live_%2$s EXCEPT ALL SELECT %1$s FROM model.fresh_%2$s) AS t) AS x$q$,
      (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = ('model.fresh_' || view)::regclass AND attnum > 0 AND attname NOT IN ('days_since_last_order')), view)
    USING c.config, seed, batch, view;
  END LOOP;
  PERFORM journey.drop_pipeline('fresh', keep_tables => false);
  COMMIT;
END $$;

-- Somebody of few ids is erased: what is left must be what the tables have, which late rows of theirs leave again.
CREATE PROCEDURE model.erase() LANGUAGE plpgsql AS $$
DECLARE
  who text := (SELECT visitor_id FROM model.live_visitors WHERE members < 4 ORDER BY md5(visitor_id || random()) LIMIT 1);
BEGIN
  IF who IS NOT NULL THEN PERFORM journey.erase('live', who, dry_run => false); END IF;
END $$;

CREATE PROCEDURE model.run(which text, first_seed int, last_seed int, batches int, erasing boolean DEFAULT false) LANGUAGE plpgsql AS $$
DECLARE
  c model.configs;
  seed int;
  batch int;
  turn int;
BEGIN
  SELECT * INTO STRICT c FROM model.configs WHERE config = which;
  FOR seed IN first_seed .. last_seed LOOP
    PERFORM setseed((seed % 1000) / 1000.0);
    CALL model.make_tables(c);
    FOR turn IN 1 .. 5 LOOP CALL model.change(c); END LOOP;
    CALL model.declare('live', c);
    COMMIT;
    -- History, a few slices at a time, while changes go on.
    FOR turn IN 1 .. 4 LOOP
      CALL journey.fill('live', newest_first => random() < 0.5, slices => 1 + floor(random() * 3)::int);
      CALL model.change(c);
      COMMIT;
      IF random() < 0.7 THEN CALL journey.refresh('live'); END IF;
    END LOOP;
    CALL journey.fill('live');
    FOR batch IN 1 .. batches LOOP
      CALL model.change(c);
      COMMIT;
      CALL journey.refresh('live');
      CALL model.compare(c, seed, batch);
      IF erasing THEN
        IF random() < 0.5 THEN CALL model.change(c); COMMIT; END IF;
        CALL model.erase();
        COMMIT;
        CALL journey.refresh('live');
        CALL model.compare(c, seed, batch);
      END IF;
    END LOOP;
    CALL journey.refresh('live');
    CALL model.compare_fresh(c, seed, batches);
    PERFORM journey.drop_pipeline('live', keep_tables => false);
    DELETE FROM journey.erased;
    COMMIT;
  END LOOP;
END $$;

-- Fed every so many days, each with rows of the day before, into a table with a partition a month: as what is filled at once.
CREATE PROCEDURE model.feed(which text, months int, days int) LANGUAGE plpgsql AS $$
DECLARE
  c model.configs;
  month timestamptz;
  day timestamptz;
BEGIN
  SELECT * INTO STRICT c FROM model.configs WHERE config = which;
  PERFORM setseed(0.5);
  CALL model.make_tables(c);
  FOR month IN SELECT timestamptz '2025-01-01' + n * interval '1 month' FROM generate_series(2, months - 1) AS n LOOP
    EXECUTE format('CREATE TABLE model.%I PARTITION OF model.events FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYYMM'), month, month + interval '1 month');
  END LOOP;
  CALL model.declare('live', c);
  COMMIT;
  CALL journey.fill('live');
  FOR day IN SELECT timestamptz '2025-01-01' + n * interval '1 day' FROM generate_series(0, (months * 30.4)::int, days) AS n LOOP
    PERFORM set_config('model.day', day::text, false);
    CALL model.come();
    COMMIT;
    CALL journey.refresh('live');
  END LOOP;
  PERFORM set_config('model.day', '', false);
  CALL model.compare(c, 0, 0);
  CALL model.compare_fresh(c, 0, 0);
  PERFORM journey.drop_pipeline('live', keep_tables => false);
  COMMIT;
END $$;

CREATE FUNCTION model.wrong(which text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(format('seed %s batch %s: %s %s', seed, batch, what, example), E'\n' ORDER BY seed, batch, what), '') FROM (SELECT * FROM model.results WHERE config = which AND rows > 0 LIMIT 20) AS r $$;
