-- Room: pipelines. The target traits: what the sources said last of a person, or of the company.
--   traits         the latest value of each key, by place

CREATE FUNCTION journey.most_trait_key_bytes() RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 200;
COMMENT ON FUNCTION journey.most_trait_key_bytes() IS 'The key of a trait that is longer counts as none';

CREATE FUNCTION journey.traits_of(expression text, type regtype) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF type NOT IN ('jsonb'::regtype, 'json'::regtype) THEN
    RAISE datatype_mismatch USING MESSAGE = format('traits must be JSON: %s is of type %s', quote_literal(expression), type), HINT = 'Of columns: jsonb_build_object(''plan'', plan, ''company'', company).';
  END IF;
  RETURN format('(%s)::jsonb', expression);
END $$;
COMMENT ON FUNCTION journey.traits_of(text, regtype) IS 'Internal: the expression of type jsonb for what add_source was told of traits';

CREATE FUNCTION journey.make_trait_table(p journey.pipelines) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format($q$CREATE TABLE %s (
    slice date, source int2, kind text, alias text, key text, value jsonb NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (alias, kind, slice, source, key)) WITH (fillfactor = 80)$q$, journey.pipeline_table(p, 'traits'));
  EXECUTE format('CREATE INDEX ON %s USING brin (slice)', journey.pipeline_table(p, 'traits'));
END $$;
COMMENT ON FUNCTION journey.make_trait_table(journey.pipelines) IS 'Internal: the table of the target traits';

-- Of what is said at one time the greater value counts, so that the order of rows is none of the matter.
CREATE FUNCTION journey.put_trait_rows(p journey.pipelines, s journey.pipeline_sources) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN s.traits IS NULL THEN '' ELSE format($q$,
    put_traits AS (
      INSERT INTO %s AS t (slice, source, kind, alias, key, value, at)
      SELECT DISTINCT ON (r.alias, r.kind, r.slice, x.key) r.slice, %s, r.kind, r.alias, x.key, x.value, r.ts
      FROM input AS r CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(r.traits) WHEN 'object' THEN r.traits END) AS x
      WHERE r.alias IS NOT NULL AND x.value <> 'null' AND octet_length(x.key) <= %s ORDER BY r.alias, r.kind, r.slice, x.key, r.ts DESC, x.value DESC
      ON CONFLICT (alias, kind, slice, source, key) DO UPDATE SET value = excluded.value, at = excluded.at WHERE (excluded.at, excluded.value) > (t.at, t.value))$q$,
    journey.pipeline_table(p, 'traits'), s.source, journey.most_trait_key_bytes()) END;
COMMENT ON FUNCTION journey.put_trait_rows(journey.pipelines, journey.pipeline_sources) IS 'Internal: the part of a statement that stores the traits of the rows input';
