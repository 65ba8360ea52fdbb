-- Plans as text. To be included with \ir; the functions come into the current schema.
CREATE FUNCTION explained(statement text, options text DEFAULT 'ANALYZE, TIMING OFF') RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
  FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, statement) LOOP lines := lines || line || E'\n'; END LOOP;
  RETURN lines;
END $$;
-- From 18 on windows are told in a line of their own.
CREATE FUNCTION plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN regexp_replace(explained(statement, 'COSTS OFF'), '^ *Window: [^\n]*\n', '', 'gn'); END $$;
