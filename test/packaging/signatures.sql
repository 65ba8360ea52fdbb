-- The public SQL: what callers write, and what they may rely on. One line a thing; `make signatures` writes it down.
WITH members AS (
  SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'journey')
), functions AS (
  SELECT p.* FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
  WHERE NOT EXISTS (SELECT FROM unnest(proargtypes || prorettype) argument WHERE argument IN ('internal'::regtype, 'cstring'::regtype))
), lines (line) AS (
  SELECT format('%s %I(%s) RETURNS %s%s%s%s',
    CASE prokind WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' WHEN 'p' THEN 'procedure' ELSE 'function' END,
    proname, pg_get_function_arguments(oid), coalesce(pg_get_function_result(oid), 'nothing'),
    CASE WHEN prokind IN ('a', 'p') THEN '' ELSE (ARRAY[' IMMUTABLE', ' STABLE', ' VOLATILE'])[strpos('isv', provolatile::text)] END,
    CASE WHEN proisstrict AND prokind <> 'a' THEN ' STRICT' ELSE '' END,
    CASE proparallel WHEN 's' THEN ' PARALLEL SAFE' WHEN 'r' THEN ' PARALLEL RESTRICTED' ELSE '' END)
  FROM functions
  UNION ALL SELECT format('operator %s (%s, %s) RETURNS %s', oprname, oprleft::regtype, oprright::regtype, oprresult::regtype)
  FROM members JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid
  UNION ALL SELECT format('cast (%s AS %s) %s', castsource::regtype, casttarget::regtype, castcontext)
  FROM members JOIN pg_cast c ON classid = 'pg_cast'::regclass AND c.oid = objid
  UNION ALL SELECT format('enum %s (%s)', objid::regtype, string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder))
  FROM members JOIN pg_enum ON classid = 'pg_type'::regclass AND enumtypid = objid GROUP BY objid
  UNION ALL SELECT format('type %s', objid::regtype) FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
  WHERE typtype IN ('b', 'd', 'r') AND typcategory <> 'A'
  UNION ALL SELECT format('%s %s (%s)', CASE relkind WHEN 'c' THEN 'type' WHEN 'v' THEN 'view' ELSE 'table' END, c.oid::regclass,
    string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum))
  FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
  WHERE relkind IN ('c', 'r', 'v', 'm', 'p') AND (c.oid IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass)
    OR reltype IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)) GROUP BY c.oid, relkind
)
SELECT line FROM lines ORDER BY line COLLATE "C";
