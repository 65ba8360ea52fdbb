-- Room: pipelines. The tables of a pipeline, in its own schema, and the views under which they are read. What is costly
-- to make is a table; the views say the rest.

CREATE FUNCTION journey.make_pipeline_tables(p journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  clash record;
  part text;
BEGIN
  FOR clash IN SELECT r.name, pg_catalog.to_regclass(r.name) AS found FROM journey.pipeline_relations(p) AS r LOOP
    IF clash.found IS NOT NULL THEN
      RAISE duplicate_table USING MESSAGE = format('relation %s already exists', clash.name),
        HINT = format('Pipeline "%s" needs the name. Drop what is left of an earlier pipeline, or take another name or schema.', p.name);
    END IF;
  END LOOP;

  -- What is read from the sources, by place: a slice, and the id that a row counts for.
  EXECUTE format($q$CREATE TABLE %s (
    slice date, source int2, kind text, alias text, trail journey.trail NOT NULL, first_page journey.page_at, first_blog_page journey.page_at,
    PRIMARY KEY (alias, kind, slice, source)) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'trails'));
  EXECUTE format($q$CREATE TABLE %s (
    slice date, source int2, a_kind text, a text, b_kind text, b text, events bigint NOT NULL, first_seen_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (a, a_kind, b, b_kind, slice, source)) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'links'));
  EXECUTE format($q$CREATE INDEX ON %s (b, b_kind) WHERE b_kind <> ''$q$, journey.pipeline_table(p, 'links'));
  EXECUTE format($q$CREATE TABLE %s (
    slice date NOT NULL, source int2 NOT NULL, kind text NOT NULL, alias text NOT NULL, conversion text NOT NULL, at timestamptz NOT NULL, value numeric, event_id text)$q$,
    journey.pipeline_table(p, 'conversions'));
  EXECUTE format('CREATE INDEX ON %s (alias, kind, slice, source)', journey.pipeline_table(p, 'conversions'));
  FOREACH part IN ARRAY '{trails,links,conversions}'::text[] LOOP
    EXECUTE format('CREATE INDEX ON %s USING brin (slice)', journey.pipeline_table(p, part));
  END LOOP;
  EXECUTE format($q$CREATE TABLE %s (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source int2 NOT NULL, slice date, kind text, alias text, event_id text, at timestamptz, number bigint, row text[])$q$,
    journey.pipeline_table(p, 'stale'));

  -- Who is who.
  EXECUTE format($q$CREATE TABLE %s (
    kind text, alias text, visitor_kind text NOT NULL, visitor_id text NOT NULL, first_seen_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (alias, kind)) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'aliases'));
  EXECUTE format('CREATE INDEX ON %s (visitor_id)', journey.pipeline_table(p, 'aliases'));
  EXECUTE format($q$CREATE TABLE %s (
    changed_at timestamptz NOT NULL, kind text NOT NULL, alias text NOT NULL, old_visitor_id text NOT NULL, visitor_id text)$q$, journey.pipeline_table(p, 'alias_history'));
  EXECUTE format('CREATE INDEX ON %s (alias, kind)', journey.pipeline_table(p, 'alias_history'));

  -- Targets.
  EXECUTE format($q$CREATE TABLE %s (
    visitor_id text PRIMARY KEY, members int NOT NULL, first_seen_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL, signed_up_at timestamptz,
    trail journey.trail, first_page text, first_blog_page text) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'visitors'));
  IF journey.has_target(p, 'all_sessions') THEN
    EXECUTE format($q$CREATE TABLE %s (
      session_id uuid NOT NULL, visitor_id text NOT NULL, session_number bigint NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz NOT NULL, next_started_at timestamptz,
      events bigint NOT NULL, pages bigint NOT NULL, sign_ups bigint NOT NULL, signed_up_at timestamptz, landing_page text, exit_page text, source text, medium text, campaign text, channel text, referrer text,
      PRIMARY KEY (session_id, started_at)) PARTITION BY RANGE (started_at)$q$, journey.pipeline_table(p, 'all_sessions'));
    EXECUTE format('CREATE INDEX ON %s (visitor_id)', journey.pipeline_table(p, 'all_sessions'));
    EXECUTE format('CREATE TABLE %s PARTITION OF %s DEFAULT', journey.pipeline_table(p, 'all_sessions_rest'), journey.pipeline_table(p, 'all_sessions'));
  END IF;
  IF journey.has_target(p, 'attribution') THEN
    EXECUTE format($q$CREATE TABLE %s (
      visitor_id text PRIMARY KEY, first_seen_at timestamptz, signed_up_at timestamptz, sessions_before_sign_up bigint, first_page text, first_blog_page text,
      %s) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'attribution'),
      (SELECT string_agg(format('%1$s_at timestamptz, %1$s_channel text, %1$s_source text, %1$s_medium text, %1$s_campaign text, %1$s_referrer text', touch), ', ' ORDER BY number)
       FROM unnest('{first_touch,last_touch,first_paid_touch,last_paid_touch}'::text[]) WITH ORDINALITY AS t (touch, number)));
  END IF;
  IF journey.has_target(p, 'attribution_credits') THEN
    EXECUTE format($q$CREATE TABLE %s (
      visitor_id text, kind text, conversion_number int, model text, number int, conversion_id text, converted_at timestamptz NOT NULL, "position" int, touches int NOT NULL,
      channel text NOT NULL, touched_at timestamptz, source text, medium text, campaign text, credit float8 NOT NULL, credited_value numeric,
      PRIMARY KEY (visitor_id, kind, conversion_number, model, number))$q$, journey.pipeline_table(p, 'attribution_credits'));
  END IF;
  IF journey.has_target(p, 'rfm') THEN
    EXECUTE format($q$CREATE TABLE %s (
      visitor_id text PRIMARY KEY, first_paid_at timestamptz NOT NULL, last_paid_at timestamptz NOT NULL, frequency bigint NOT NULL, monetary numeric NOT NULL) WITH (fillfactor = 80)$q$,
      journey.pipeline_table(p, 'rfm'));
  END IF;
  IF journey.has_target(p, 'items') THEN PERFORM journey.make_item_tables(p); END IF;
  IF journey.has_target(p, 'traits') THEN PERFORM journey.make_trait_table(p); END IF;
  PERFORM journey.make_pipeline_views(p);
END $$;
COMMENT ON FUNCTION journey.make_pipeline_tables(journey.pipelines) IS 'Internal: the tables and views of a new pipeline; an error (42P07) where a name is taken';

-- Sessions of other times, and of periods that have no partition yet, are in the default one.
CREATE FUNCTION journey.missing_partitions(p journey.pipelines, OUT period date, OUT name text, OUT until date) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT w.period, n.name, (w.period + CASE p.slice WHEN 'year' THEN interval '1 year' ELSE interval '1 month' END)::date
  FROM (
    SELECT journey.slice_of(greatest(p.slice, 'month'), journey.slice_start(z.slice)) FROM journey.pipeline_slices AS z
    WHERE z.pipeline = p.id AND journey.slice_start(z.slice) BETWEEN now() - interval '20 years' AND now()
    UNION
    SELECT journey.slice_of(greatest(p.slice, 'month'), now() + months * interval '1 month') FROM generate_series(0, 2) AS months) AS w (period)
  CROSS JOIN LATERAL (SELECT journey.pipeline_table(p, 'all_sessions_' || to_char(w.period, CASE p.slice WHEN 'year' THEN 'YYYY' ELSE 'YYYYMM' END)) OFFSET 0) AS n (name)
  WHERE journey.has_target(p, 'all_sessions') AND pg_catalog.to_regclass(n.name) IS NULL;
END;
COMMENT ON FUNCTION journey.missing_partitions(journey.pipelines) IS
  'The partitions of all_sessions that a pipeline has not yet: months, or years where its slices are, of the slices that were ever listed and of the last 20 years, and up to two months ahead';

CREATE FUNCTION journey.make_partitions(pipeline text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p journey.pipelines := journey.pipeline_at_work(pipeline);
  sessions text := journey.pipeline_table(p, 'all_sessions');
  rest text := journey.pipeline_table(p, 'all_sessions_rest');
  made record;
BEGIN
  IF NOT EXISTS (SELECT FROM journey.missing_partitions(p)) OR NOT journey.lock_pipeline(p.id, false) THEN RETURN; END IF;
  PERFORM pg_catalog.set_config('timezone', 'UTC', true);
  PERFORM pg_catalog.set_config('lock_timeout', '2s', true);
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', rest);
  FOR made IN SELECT * FROM journey.missing_partitions(p) LOOP
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', made.name, sessions);
    IF current_user <> pg_get_userbyid(journey.pipeline_owner(p)) THEN
      EXECUTE format('ALTER TABLE %s OWNER TO %I', made.name, pg_get_userbyid(journey.pipeline_owner(p)));
    END IF;
    EXECUTE format('WITH moved AS (DELETE FROM %s WHERE started_at >= %L AND started_at < %L RETURNING *) INSERT INTO %s SELECT * FROM moved', rest, made.period, made.until, made.name);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', sessions, made.name, made.period, made.until);
  END LOOP;
EXCEPTION WHEN lock_not_available THEN NULL;  -- somebody reads them: next time
END $$;
COMMENT ON FUNCTION journey.make_partitions(text) IS
  'Internal: makes the partitions of all_sessions that are missing, with the sessions of theirs; none while somebody else refreshes the pipeline, or reads sessions for more than two seconds';

CREATE FUNCTION journey.view_query(p journey.pipelines, part text) RETURNS text
LANGUAGE sql STABLE
RETURN CASE part
    WHEN 'all_sessions' THEN format(
      'SELECT session_id, visitor_id, session_number, started_at, ended_at, next_started_at, pg_catalog.extract(''epoch'', ended_at - started_at) AS seconds, events, pages, sign_ups, sign_ups > 0 AS signed_up, signed_up_at,
        landing_page, exit_page, source, medium, campaign, channel, referrer FROM %s', journey.pipeline_table(p, part))
    WHEN 'useful_sessions' THEN format(
      $q$SELECT * FROM (SELECT s.*, s.session_number = 1 AS is_first,
          coalesce(s.started_at <= v.signed_up_at AND (s.next_started_at IS NULL OR s.next_started_at > v.signed_up_at), false) AS is_sign_up
        FROM %s AS s JOIN %s AS v USING (visitor_id)) AS marked WHERE is_first OR is_sign_up$q$, journey.pipeline_view(p, 'all_sessions'), journey.pipeline_table(p, 'visitors'))
    WHEN 'conversions' THEN format(
      'SELECT a.visitor_id, c.conversion AS kind, c.at, c.value, c.event_id AS conversion_id FROM %s AS c JOIN %s AS a USING (alias, kind)',
      journey.pipeline_table(p, 'conversions'), journey.pipeline_table(p, 'aliases'))
    WHEN 'attribution_credits' THEN format(
      'SELECT kind, conversion_id, visitor_id, converted_at, model, "position", touches, channel, touched_at, source, medium, campaign, credit, credited_value FROM %s', journey.pipeline_table(p, part))
    WHEN 'rfm' THEN format(
      $q$SELECT *, pg_catalog.extract('epoch', pg_catalog.now() - last_paid_at) / 86400 AS days_since_last_order, journey.rfm_segment(recency_score, frequency_score) AS segment
      FROM (SELECT *, journey.rfm_bucket(5) OVER (ORDER BY last_paid_at) AS recency_score, journey.rfm_bucket(5) OVER (ORDER BY frequency) AS frequency_score,
          journey.rfm_bucket(5) OVER (ORDER BY monetary) AS monetary_score FROM %s) AS scored$q$, journey.pipeline_table(p, part))
    WHEN 'customer_360' THEN format(
      $q$SELECT visitor_id, ids.user_ids, ids.anonymous_ids, a.first_seen_at, journey.ended_at(v.trail) AS last_seen_at, coalesce(journey.session_count(v.trail), 0) AS sessions, coalesce(journey.event_count(v.trail), 0) AS events,
        v.signed_up_at, a.sessions_before_sign_up, v.first_page, a.first_touch_channel, a.last_touch_channel,
        r.first_paid_at, r.last_paid_at, coalesce(r.frequency, 0) AS orders, coalesce(r.monetary, 0) AS lifetime_value, r.monetary / nullif(r.frequency, 0) AS average_order, r.segment
      FROM %s AS v LEFT JOIN %s AS a USING (visitor_id) LEFT JOIN %s AS r USING (visitor_id)
      CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = %5$L) AS user_ids, count(*) FILTER (WHERE kind <> %5$L) AS anonymous_ids FROM %4$s AS i WHERE i.visitor_id = v.visitor_id) AS ids$q$,
      journey.pipeline_table(p, 'visitors'), journey.pipeline_table(p, 'attribution'), journey.pipeline_view(p, 'rfm'), journey.pipeline_table(p, 'aliases'), p.kinds[1])
    WHEN 'items' THEN journey.items_query(p)
    WHEN 'item_pairs' THEN journey.item_pairs_query(p)
    WHEN 'traits' THEN format('SELECT DISTINCT ON (a.visitor_id, t.key) a.visitor_id, t.key, t.value, t.at FROM %s AS t JOIN %s AS a USING (alias, kind) ORDER BY a.visitor_id, t.key, t.at DESC, t.value DESC',
      journey.pipeline_table(p, part), journey.pipeline_table(p, 'aliases'))
    ELSE format('SELECT * FROM %s', journey.pipeline_table(p, part))
  END;
COMMENT ON FUNCTION journey.view_query(journey.pipelines, text) IS 'Internal: what one of a pipeline''s views says';

CREATE FUNCTION journey.make_pipeline_views(p journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part record;
BEGIN
  FOR part IN SELECT * FROM journey.pipeline_views(p) LOOP
    EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', journey.pipeline_view(p, part.name), journey.view_query(p, part.name));
    EXECUTE format('COMMENT ON VIEW %s IS %L', journey.pipeline_view(p, part.name), part.says);
  END LOOP;
END $$;
COMMENT ON FUNCTION journey.make_pipeline_views(journey.pipelines) IS 'Internal: points the views of a pipeline at its tables';

CREATE FUNCTION journey.pipeline_views(p journey.pipelines, OUT name text, OUT says text) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT v.name, v.says
  FROM (VALUES
    (1, 'trails', 'The trails of each id, by slice and source'),
    (2, 'links', 'Which ids were seen together, by slice and source; b_kind is empty where an id was seen alone'),
    (3, 'aliases', 'Each id and the visitor it belongs to'),
    (4, 'alias_history', 'Ids that went from one visitor to another; visitor_id NULL: the id is no longer there'),
    (5, 'visitors', 'One row a visitor: its ids, its trail, when it signed up. trail is NULL where there are only passive rows'),
    (6, 'conversions', 'One row a conversion, with its visitor'),
    (7, 'all_sessions', 'One row a session. sign_ups counts the conversions of the kind sign_up in it'),
    (8, 'useful_sessions', 'The first session of each visitor, and that of the sign-up'),
    (9, 'attribution', 'One row a visitor: the touches up to the sign-up, or all of them'),
    (10, 'attribution_credits', 'For each conversion and model, who earned which share. The shares of one conversion under one model add up to 1'),
    (11, 'rfm', 'One row a visitor with a conversion that has a value: recency, frequency, monetary value, scores among all, segment'),
    (12, 'customer_360', 'One row a visitor: who, when, where from, how valuable'),
    (13, 'items', 'One row for each item that a visitor bought, added to the cart, viewed or removed from it'),
    (14, 'item_pairs', 'Which items are bought together, and how strongly: the columns of item_pairs'),
    (15, 'traits', 'One row for each trait of a visitor: what the sources said last')) AS v (number, name, says)
  WHERE v.number < 5 OR v.name = ANY (p.targets::text[]) OR v.name = 'item_pairs' AND journey.has_target(p, 'items')
  ORDER BY v.number;
END;
COMMENT ON FUNCTION journey.pipeline_views(journey.pipelines) IS 'Internal: the views of a pipeline, in the order in which they are made';

CREATE FUNCTION journey.pipeline_parts(p journey.pipelines) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT t.part FROM unnest('{trails,links,conversions,stale,aliases,alias_history,visitors,all_sessions,attribution,attribution_credits,rfm}'::text[]) WITH ORDINALITY AS t (part, number)
  WHERE t.number <= 7 OR t.part = ANY (p.targets::text[])
  UNION ALL
  SELECT t.part FROM unnest('{items,item_stale,item_baskets,item_orders,item_pairs}'::text[]) AS t (part) WHERE journey.has_target(p, 'items')
  UNION ALL
  SELECT 'traits' WHERE journey.has_target(p, 'traits');
END;
COMMENT ON FUNCTION journey.pipeline_parts(journey.pipelines) IS 'Internal: what the tables of a pipeline are called, without its prefix';

CREATE FUNCTION journey.pipeline_relations(p journey.pipelines, OUT kind text, OUT name text) RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
  (SELECT 'VIEW', journey.pipeline_view(p, v.name) FROM journey.pipeline_views(p) WITH ORDINALITY AS v (name, says, number) ORDER BY v.number DESC)
  UNION ALL
  SELECT 'TABLE', journey.pipeline_table(p, t) FROM journey.pipeline_parts(p) AS t;
END;
COMMENT ON FUNCTION journey.pipeline_relations(journey.pipelines) IS 'Internal: all views and tables of a pipeline, in the order in which they can be dropped';
