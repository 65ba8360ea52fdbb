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
  pairs constant text := journey.pipeline_table(p, 'item_pairs');
  interest text[];
  weights int[];
  bought text[];
  best text;
  reasons text;
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
      FROM (SELECT o.item, o.orders FROM %2$s AS o WHERE o.item <> '' AND o.orders > 0 ORDER BY o.magnitude DESC, o.orders DESC, o.item COLLATE "C" LIMIT $1) AS s ORDER BY s.orders DESC, s.item COLLATE "C"$q$,
      named, orders)
    USING top, bought;
    RETURN;
  END IF;
  IF measure = 'together' THEN
    -- Numbers of baskets are whole, so their sum is the same in any order. Names and reasons are looked up for the best alone.
    best := format($q$
      best AS MATERIALIZED (
        SELECT b.item AS number, o.item, b.score::float8 AS score
        FROM (SELECT array_agg(l.pairs) AS pairs, array_agg(l.weight) AS weights FROM lists AS l) AS l
        CROSS JOIN LATERAL journey.best_pairs(l.pairs, l.weights, ARRAY(SELECT i.number FROM interest AS i), $1) AS b CROSS JOIN LATERAL (SELECT o.item FROM %1$s AS o WHERE o.number = b.item OFFSET 0) AS o
        ORDER BY b.score DESC, o.item COLLATE "C" LIMIT $1)$q$, orders);
    reasons := 'SELECT c.with_item AS number, l.item AS because, l.weight * c.together::float8 AS score FROM lists AS l CROSS JOIN LATERAL journey.listed_pairs(l.pairs, ARRAY(SELECT b.number FROM best AS b)) AS c';
  ELSE
    best := format($q$
      scored AS MATERIALIZED (
        SELECT c.with_item AS number, o.item, l.item AS because, l.weight * journey.pair_score(%L, c.together, l.orders, o.orders, n.orders) AS score
        FROM lists AS l CROSS JOIN LATERAL journey.listed_pairs(l.pairs) AS c JOIN %2$s AS o ON o.number = c.with_item CROSS JOIN (SELECT orders FROM %2$s WHERE item = '') AS n),
      best AS MATERIALIZED (
        SELECT r.number, r.item, sum(r.score ORDER BY r.because COLLATE "C") AS score FROM scored AS r WHERE r.number NOT IN (SELECT i.number FROM interest AS i)
        GROUP BY r.number, r.item HAVING sum(r.score ORDER BY r.because COLLATE "C") > 0 ORDER BY score DESC, r.item COLLATE "C" LIMIT $1)$q$, measure, orders);
    reasons := 'SELECT r.number, r.because, r.score FROM scored AS r WHERE r.number IN (SELECT b.number FROM best AS b)';
  END IF;
  RETURN QUERY EXECUTE format($q$
    WITH interest AS MATERIALIZED (
      SELECT i.item, i.weight, o.number, o.orders FROM unnest($2, $3) AS i (item, weight) CROSS JOIN LATERAL (SELECT o.number, o.orders FROM %1$s AS o WHERE o.item = i.item OFFSET 0) AS o),
    lists AS MATERIALIZED (
      SELECT i.item, i.weight, i.orders, l.pairs FROM interest AS i CROSS JOIN LATERAL (SELECT l.pairs FROM %2$s AS l WHERE l.item = i.number OFFSET 0) AS l),
    %3$s
    SELECT s.item, %5$s, s.score, r.because, s.item = ANY ($4)
    FROM best AS s JOIN (SELECT r.number, array_agg(r.because ORDER BY r.score DESC, r.because COLLATE "C") AS because FROM (%4$s) AS r GROUP BY r.number) AS r USING (number)
    ORDER BY s.score DESC, s.item COLLATE "C"$q$,
    orders, pairs, best, reasons, named)
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
