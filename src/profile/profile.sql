-- Room: profile. The customer in one value.

CREATE FUNCTION journey.rfm_position(p journey.pipelines, visitor text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  said jsonb;
BEGIN
  -- The percent rank is (those before) / (all but one): one pass over the customers, and no sort of them.
  EXECUTE format($q$
    SELECT jsonb_build_object('orders', m.frequency, 'spend', m.monetary, 'first_paid_at', m.first_paid_at, 'last_paid_at', m.last_paid_at,
      'recency_score', s.recency, 'frequency_score', s.frequency, 'monetary_score', s.monetary, 'segment', journey.rfm_segment(s.recency, s.frequency))
    FROM %1$s AS m
    CROSS JOIN LATERAL (
      SELECT greatest(count(*) - 1, 1) AS others, count(*) FILTER (WHERE o.last_paid_at < m.last_paid_at) AS recency, count(*) FILTER (WHERE o.frequency < m.frequency) AS frequency, count(*) FILTER (WHERE o.monetary < m.monetary) AS monetary
      FROM %1$s AS o) AS r
    CROSS JOIN LATERAL (SELECT least(r.recency * 5 / r.others, 4)::int + 1 AS recency, least(r.frequency * 5 / r.others, 4)::int + 1 AS frequency, least(r.monetary * 5 / r.others, 4)::int + 1 AS monetary) AS s
    WHERE m.visitor_id = $1$q$, journey.pipeline_table(p, 'rfm'))
  INTO said USING visitor;
  RETURN said;
END $$;
COMMENT ON FUNCTION journey.rfm_position(journey.pipelines, text) IS 'Internal: orders, spend, scores and segment of a visitor, as the view rfm has them; NULL without an order';

CREATE FUNCTION journey.open_cart(p journey.pipelines, visitor text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  said jsonb;
BEGIN
  EXECUTE format($q$
    SELECT coalesce(jsonb_agg(jsonb_build_object('item', x.item, 'name', %1$s, 'added_at', x.added_at) ORDER BY x.added_at DESC, x.item COLLATE "C"), '[]')
    FROM (
      SELECT i.item, max(i.at) FILTER (WHERE i.action = 'added') AS added_at
      FROM %2$s AS w JOIN %3$s AS i ON i.alias = w.alias AND i.kind = w.kind WHERE w.visitor_id = $1 GROUP BY i.item
      HAVING max(i.at) FILTER (WHERE i.action = 'added') > coalesce(max(i.at) FILTER (WHERE i.action IN ('removed', 'bought')), '-infinity')
      ORDER BY added_at DESC, i.item COLLATE "C" LIMIT 20) AS x$q$,
    journey.item_name_query(p, 'x.item'), journey.pipeline_table(p, 'aliases'), journey.pipeline_table(p, 'items'))
  INTO said USING visitor;
  RETURN said;
END $$;
COMMENT ON FUNCTION journey.open_cart(journey.pipelines, text) IS 'Internal: what a visitor added to the cart and has neither removed nor bought since, the latest 20 first';

CREATE FUNCTION journey.touch_json(which text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('(SELECT to_jsonb(t) FROM (SELECT (x).touched_at, (x).source, (x).medium, (x).campaign, (x).channel, (x).referrer, (x).landing_page FROM (SELECT journey.%I(v.trail) AS x OFFSET 0) AS f WHERE (x).touched_at IS NOT NULL) AS t)', which);
COMMENT ON FUNCTION journey.touch_json(text) IS 'Internal: the expression for the first or the last touch of v.trail as JSON';

CREATE FUNCTION journey.profile(pipeline text, alias text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  visitor text := journey.visitor_of(p, alias);
  said jsonb;
  traits jsonb;
BEGIN
  IF visitor IS NULL THEN RETURN NULL; END IF;
  EXECUTE format($q$
    SELECT jsonb_build_object('pipeline', $3::text, 'as_of', $4::timestamptz, 'visitor_id', v.visitor_id, 'first_seen_at', v.first_seen_at, 'last_seen_at', v.last_seen_at, 'signed_up_at', v.signed_up_at,
      'id_count', v.members,
      'ids', (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.last_seen_at DESC, i.kind COLLATE "C", i.alias COLLATE "C") FROM (
        SELECT a.kind, a.alias, a.first_seen_at, a.last_seen_at FROM %2$s AS a WHERE a.visitor_id = $1 ORDER BY a.last_seen_at DESC, a.kind COLLATE "C", a.alias COLLATE "C" LIMIT 20) AS i),
      'session_count', coalesce(journey.session_count(v.trail), 0), 'event_count', coalesce(journey.event_count(v.trail), 0),
      'sessions', coalesce((SELECT jsonb_agg(s.said ORDER BY s.number DESC) FROM (
        SELECT (x).session_number AS number, jsonb_build_object('session_number', (x).session_number, 'started_at', (x).started_at, 'ended_at', (x).ended_at, 'events', (x).events, 'pages', (x).pages, 'landing_page', (x).landing_page,
          'exit_page', (x).exit_page, 'source', ((x).touch).source, 'medium', ((x).touch).medium, 'campaign', ((x).touch).campaign, 'channel', ((x).touch).channel) AS said
        FROM journey.sessions(v.trail) AS x ORDER BY number DESC LIMIT 20) AS s), '[]'),
      'first_touch', %4$s, 'last_touch', %5$s,
      'conversions', coalesce((SELECT jsonb_object_agg(c.kind, jsonb_build_object('count', c.count, 'value', c.value, 'first_at', c.first_at, 'last_at', c.last_at)) FROM (
        SELECT c.kind, count(*) AS count, sum(c.value) AS value, min(c.at) AS first_at, max(c.at) AS last_at FROM %3$s AS c WHERE c.visitor_id = $1 GROUP BY c.kind) AS c), '{}'),
      'latest_conversions', coalesce((SELECT jsonb_agg(jsonb_build_object('kind', c.kind, 'at', c.at, 'value', c.value, 'id', c.conversion_id) ORDER BY c.at DESC, c.kind COLLATE "C", c.conversion_id COLLATE "C", c.value) FROM (
        SELECT * FROM %3$s AS c WHERE c.visitor_id = $1 ORDER BY c.at DESC, c.kind COLLATE "C", c.conversion_id COLLATE "C", c.value LIMIT 20) AS c), '[]'))
    FROM %1$s AS v WHERE v.visitor_id = $1$q$,
    journey.pipeline_table(p, 'visitors'), journey.pipeline_table(p, 'aliases'), journey.pipeline_view(p, 'conversions'), journey.touch_json('first_touch'), journey.touch_json('last_touch'))
  INTO said USING visitor, alias, p.name, p.seen_at;
  IF journey.has_target(p, 'traits') THEN
    EXECUTE format($q$
      SELECT coalesce(jsonb_object_agg(t.key, t.value), '{}') FROM (
        SELECT t.key, t.value FROM %s AS t WHERE t.visitor_id = $1 AND length(t.value::text) <= 1000 ORDER BY t.at DESC, t.key COLLATE "C" LIMIT 100) AS t$q$, journey.pipeline_view(p, 'traits'))
    INTO traits USING visitor;
    said := said || jsonb_build_object('traits', traits);
  END IF;
  IF journey.has_target(p, 'rfm') THEN said := said || jsonb_build_object('rfm', journey.rfm_position(p, visitor)); END IF;
  IF journey.has_target(p, 'items') THEN
    said := said || jsonb_build_object('cart', journey.open_cart(p, visitor),
      'recommendations', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'ordinality' ORDER BY r.ordinality), '[]') FROM journey.recommend_to(p, visitor, 5, now(), 'together') WITH ORDINALITY AS r));
  END IF;
  RETURN said;
END $$;
COMMENT ON FUNCTION journey.profile(text, text) IS
  'Who somebody is, by any id: one JSON value of visitor_id, ids (the 20 seen last; id_count has all), when first and last seen and signed up, session_count, event_count, sessions (the latest 20, latest first), first_touch and last_touch, conversions by kind, latest_conversions (20); '
  'traits (the 100 that were said last, but for values longer than 1,000 characters) where the pipeline keeps that target; '
  'rfm (orders, spend, scores among all, segment; null without an order) where the pipeline keeps that target; cart (added, and neither removed nor bought since; 20) and recommendations (5) where it keeps items. '
  'as_of: when the pipeline was refreshed last. '
  'Its size is bounded, however long the history. '
  'NULL for an id that nobody has, or that was erased; an error (42704) where there is no such pipeline';
