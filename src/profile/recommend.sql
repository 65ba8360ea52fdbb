-- Room: profile. Needs: pipelines items
-- What a pipeline knows of one customer, and what to offer next.

CREATE FUNCTION journey.visitor_of(p journey.pipelines, alias text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  visitor text;
BEGIN
  EXECUTE format('SELECT visitor_id FROM %s WHERE alias = $1 ORDER BY visitor_id <> alias, array_position($2, kind), kind COLLATE "C" LIMIT 1', journey.pipeline_table(p, 'aliases'))
  INTO visitor USING alias, p.kinds;
  RETURN visitor;
END $$;
COMMENT ON FUNCTION journey.visitor_of(journey.pipelines, text) IS
  'The visitor_id of whom an id belongs to, of whatever kind: where several have it the one whose visitor_id it is, else the one that has it as the strongest kind. '
  'NULL: nobody has it';

CREATE FUNCTION journey.recommend_to(p journey.pipelines, visitor text, top int, as_of timestamptz, measure journey.pair_measure)
RETURNS TABLE (item text, name text, score float8, because text[], already_bought boolean)
LANGUAGE plpgsql STABLE ROWS 10 AS $$
DECLARE
  orders constant text := journey.pipeline_table(p, 'item_orders');
  named constant text := journey.item_name_query(p, 's.item');
  interest text[];
  weights int[];
  bought text[];
  weighed text := 'i.weight * c.together::float8';
  counts text := '';
  added text := 'sum(r.score)';
BEGIN
  EXECUTE format($q$
    WITH acts AS MATERIALIZED (
      SELECT i.item, i.action, i.at FROM %1$s AS w JOIN %2$s AS i ON i.alias = w.alias AND i.kind = w.kind WHERE w.visitor_id = $1 AND i.at <= $2),
    last AS MATERIALIZED (SELECT max(x.at) AS at FROM acts AS x WHERE x.action = 'bought'),
    removed AS (SELECT x.item, max(x.at) AS at FROM acts AS x WHERE x.action = 'removed' GROUP BY x.item),
    interest AS (
      SELECT x.item, max(CASE x.action WHEN 'added' THEN 3 ELSE 1 END) AS weight
      FROM acts AS x CROSS JOIN last AS b LEFT JOIN removed AS r USING (item)
      WHERE x.action IN ('added', 'viewed') AND (x.at > b.at) IS NOT FALSE AND (x.at > r.at) IS NOT FALSE
      GROUP BY x.item ORDER BY weight DESC, max(x.at) DESC, x.item COLLATE "C" LIMIT 50)
    SELECT array_agg(i.item), array_agg(i.weight), ARRAY(SELECT x.item FROM acts AS x WHERE x.action = 'bought') FROM interest AS i$q$,
    journey.pipeline_table(p, 'aliases'), journey.pipeline_table(p, 'items'))
  INTO interest, weights, bought USING visitor, as_of;
  IF interest IS NULL THEN
    RETURN QUERY EXECUTE format($q$
      SELECT s.item, %1$s, s.orders::float8, '{}'::text[], s.item = ANY ($2)
      FROM (SELECT o.item, o.orders FROM %2$s AS o WHERE o.item <> '' AND o.orders > 0 ORDER BY o.orders DESC, o.item COLLATE "C" LIMIT $1) AS s ORDER BY s.orders DESC, s.item COLLATE "C"$q$,
      named, orders)
    USING top, bought;
    RETURN;
  END IF;
  -- Numbers of baskets are whole, so their sum is the same in any order, and how often each item is bought need not be looked up.
  IF measure <> 'together' THEN
    weighed := format('i.weight * journey.pair_score(%L, c.together, a.orders, b.orders, n.orders)', measure);
    counts := format(' JOIN %1$s AS a ON a.item = c.item JOIN %1$s AS b ON b.item = c.with_item CROSS JOIN (SELECT orders FROM %1$s WHERE item = '''') AS n', orders);
    added := 'sum(r.score ORDER BY r.because COLLATE "C")';
  END IF;
  -- The reasons are put together for the best alone.
  RETURN QUERY EXECUTE format($q$
    WITH scored AS MATERIALIZED (
      SELECT c.with_item AS item, c.item AS because, %1$s AS score
      FROM unnest($2, $3) AS i (item, weight) CROSS JOIN LATERAL (SELECT * FROM (%2$s) AS c WHERE c.item = i.item OFFSET 0) AS c%3$s),
    best AS MATERIALIZED (
      SELECT r.item, %4$s AS score FROM scored AS r WHERE r.item <> ALL ($2) GROUP BY r.item HAVING %4$s > 0 ORDER BY score DESC, r.item COLLATE "C" LIMIT $1)
    SELECT s.item, %5$s, s.score, r.because, s.item = ANY ($4)
    FROM best AS s JOIN (
      SELECT r.item, array_agg(r.because ORDER BY r.score DESC, r.because COLLATE "C") AS because FROM scored AS r WHERE r.item = ANY (ARRAY(SELECT b.item FROM best AS b)) GROUP BY r.item) AS r USING (item)
    ORDER BY s.score DESC, s.item COLLATE "C"$q$,
    weighed, journey.counted_pairs(p), counts, added, named)
  USING top, interest, weights, bought;
END $$;
COMMENT ON FUNCTION journey.recommend_to(journey.pipelines, text, int, timestamptz, journey.pair_measure) IS 'Internal: what to offer a visitor next, as recommend says';

CREATE FUNCTION journey.recommend(
  pipeline text, alias text, top int DEFAULT 10, as_of timestamptz DEFAULT now(), measure journey.pair_measure DEFAULT 'together')
RETURNS TABLE (item text, name text, score float8, because text[], already_bought boolean)
LANGUAGE plpgsql STABLE ROWS 10 AS $$
DECLARE
  p journey.pipelines := journey.pipeline_named(pipeline);
  visitor text := journey.visitor_of(p, alias);
BEGIN
  IF top IS NULL OR as_of IS NULL OR measure IS NULL THEN
    RAISE null_value_not_allowed USING MESSAGE = 'top, as_of and measure must not be NULL';
  ELSIF top < 1 OR top > 1000 THEN
    RAISE invalid_parameter_value USING MESSAGE = format('top must be from 1 to 1,000: %s', top);
  END IF;
  PERFORM journey.check_keeps_target(p, 'items');
  IF visitor IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT * FROM journey.recommend_to(p, visitor, top, as_of, measure);
END $$;
COMMENT ON FUNCTION journey.recommend(text, text, int, timestamptz, journey.pair_measure) IS
  'What to offer a customer next, best first. '
  'alias is any id. '
  'Interest is what was added to the cart (weight 3) or viewed (weight 1) after the last purchase up to as_of, or ever where there is none, and was not removed since; of one item the greater weight counts, and of many items the 50 with the greatest weights, then the latest. '
  'score: the sum, over the items of interest, of the weight times the measure of the pair (see pair_measure); because: these items, the one that adds most first. '
  'Items of interest are not recommended. '
  'Without any interest the most bought items, their orders as score and because {}. name: by item_names of create_pipeline, else NULL. '
  'already_bought: up to as_of. '
  'Ties in byte order. '
  'Pairs are those of all orders there are now, whatever as_of. '
  'No rows for an id that nobody has. '
  'Errors: no such pipeline (42704), one without the target items (55000), a NULL top, as_of or measure (22004), top below 1 or above 1,000 (22023)';

-- Names are for people: a table that is gone or may not be read costs no answer.
CREATE FUNCTION journey.item_name_query(p journey.pipelines, item text) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = p.item_names) AND has_table_privilege(p.item_names, 'SELECT')
  THEN format('(SELECT min(n.name)::text FROM %s AS n WHERE n.item = %s)', journey.relation_name(p.item_names), item) ELSE 'NULL::text' END;
COMMENT ON FUNCTION journey.item_name_query(journey.pipelines, text) IS 'Internal: the expression for the name of an item';
