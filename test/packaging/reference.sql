-- What a reader calls or reads, with what its comment says: kind, name, signature, comment; the columns of tables and views after them.
WITH members AS (
  SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'journey')
), said AS (
  SELECT CASE prokind WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, proname::text AS name,
    format('%s(%s)%s', proname, pg_get_function_arguments(p.oid), ' → ' || pg_get_function_result(p.oid)) AS signature, 0 AS place, obj_description(p.oid, 'pg_proc') AS comment
  FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
  WHERE NOT EXISTS (SELECT FROM unnest(proargtypes || prorettype) argument WHERE argument IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype))
    AND NOT EXISTS (SELECT FROM pg_operator WHERE oprcode = p.oid) AND NOT EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid) AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)
    AND NOT EXISTS (SELECT FROM pg_aggregate WHERE p.oid IN (aggtransfn, aggfinalfn, aggcombinefn))
  UNION ALL SELECT 'operator', oprname, format('%s %s %s → %s', oprleft::regtype, oprname, oprright::regtype, oprresult::regtype), 0, obj_description(o.oid, 'pg_operator')
  FROM members JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid
  UNION ALL SELECT 'type', typname, typname || coalesce(' (' || (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) || ')',
      '(' || (SELECT string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = typrelid AND typrelid <> 0 AND NOT attisdropped) || ')', ''), 0, obj_description(t.oid, 'pg_type')
  FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
    LEFT JOIN pg_class c ON c.oid = typrelid WHERE typcategory <> 'A' AND (c.relkind IS NULL OR c.relkind = 'c')
  UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'table' END, relname, CASE WHEN attnum IS NULL THEN relname ELSE format('%s %s', attname, format_type(atttypid, atttypmod)) END,
    coalesce(attnum, 0), CASE WHEN attnum IS NULL THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, attnum) END
  FROM members JOIN pg_class c ON classid = 'pg_class'::regclass AND c.oid = objid AND relkind IN ('r', 'v')
    CROSS JOIN LATERAL (SELECT attnum, attname, atttypid, atttypmod FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped UNION ALL SELECT NULL, NULL, NULL, NULL) AS a
)
SELECT json_agg(json_build_array(kind, name, signature, comment) ORDER BY name COLLATE "C", kind, place, signature COLLATE "C") FROM said WHERE comment !~ '^(Internal|Function of the operator|Trigger|Binary|Statement trigger|Planner)' OR comment IS NULL;
