-- All that makes up the extension in a database, one row a fact. Two databases whose facts are the same have the same
-- extension. OIDs and the numbers of columns, which may differ without meaning, stay out.
CREATE TEMP VIEW members AS
SELECT classid, objid, i.type AS kind, i.identity
FROM pg_depend d, LATERAL pg_identify_object(classid, objid, 0) i
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'journey');

CREATE TEMP VIEW relations AS
SELECT c.*, c.oid::regclass::text AS identity FROM pg_class c
WHERE c.oid IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass
                UNION ALL SELECT typrelid FROM pg_type JOIN members ON classid = 'pg_type'::regclass AND objid = pg_type.oid
                UNION ALL SELECT indexrelid FROM pg_index JOIN members ON classid = 'pg_class'::regclass AND objid = indrelid);

CREATE TEMP VIEW facts (object, what, value) AS
SELECT kind || ' ' || identity, 'is there', '' FROM members
UNION ALL SELECT 'extension', 'kept by pg_dump', format('%s %s', table_name::regclass, condition)
FROM pg_extension, unnest(extconfig, extcondition) configured(table_name, condition) WHERE extname = 'journey'
UNION ALL SELECT 'extension', 'properties', format('%s %s %s', extversion, extnamespace::regnamespace, extrelocatable)
FROM pg_extension WHERE extname = 'journey'

-- Comments, of parts such as columns and constraints too
UNION ALL SELECT pg_describe_object(d.classoid, d.objoid, objsubid), 'comment', description
FROM pg_description d WHERE (classoid, objoid) IN (SELECT classid, objid FROM members)
  OR classoid = 'pg_class'::regclass AND objoid IN (SELECT oid FROM relations)
  OR classoid = 'pg_constraint'::regclass AND objoid IN (SELECT oid FROM pg_constraint WHERE conrelid IN (SELECT oid FROM relations))
  OR classoid = 'pg_trigger'::regclass AND objoid IN (SELECT oid FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relations))
UNION ALL SELECT pg_describe_object(i.classoid, i.objoid, objsubid), 'privileges at first', initprivs::text
FROM pg_init_privs i JOIN members ON (classoid, objoid) = (classid, objid)

UNION ALL SELECT kind || ' ' || identity, 'privileges', nspacl::text FROM members JOIN pg_namespace n ON classid = 'pg_namespace'::regclass AND n.oid = objid

-- Functions and aggregates
UNION ALL SELECT kind || ' ' || identity, 'definition', pg_get_functiondef(objid)
FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid WHERE prokind <> 'a'
UNION ALL SELECT kind || ' ' || identity, 'privileges', proacl::text FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'declaration',
  format('(%s) %s %s %s %s', pg_get_function_arguments(objid), prorettype::regtype, provolatile, proparallel, procost)
FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND p.oid = objid WHERE prokind = 'a'
UNION ALL SELECT kind || ' ' || identity, part, value
FROM members JOIN pg_aggregate a ON classid = 'pg_proc'::regclass AND aggfnoid = objid,
  LATERAL (VALUES ('kind', format('%s %s', aggkind, aggnumdirectargs)), ('transition', aggtransfn::text), ('final', aggfinalfn::text),
    ('combine', aggcombinefn::text), ('serial', aggserialfn::text), ('deserial', aggdeserialfn::text),
    ('moving', format('%s %s %s', aggmtransfn, aggminvtransfn, aggmfinalfn)), ('extra', format('%s %s', aggfinalextra, aggmfinalextra)),
    ('modifies', format('%s %s', aggfinalmodify, aggmfinalmodify)), ('sort', aggsortop::regoperator::text),
    ('state', format('%s %s %s', aggtranstype::regtype, aggtransspace, agginitval)),
    ('moving state', format('%s %s %s', aggmtranstype::regtype, aggmtransspace, aggminitval))) parts(part, value)

-- Tables, views, indexes, composite types
UNION ALL SELECT identity, 'relation', format('%s %s %s %s %s', relkind, relpersistence, reloptions, relrowsecurity, relreplident) FROM relations
UNION ALL SELECT identity, 'privileges', relacl::text FROM relations
UNION ALL SELECT identity, 'column ' || row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
  format('%I %s %s %s%s%s%s %s %s', attname, format_type(atttypid, atttypmod), attcollation::regcollation, attidentity, attgenerated,
    attcompression, attstorage, CASE WHEN attnotnull THEN 'NOT NULL' END, pg_get_expr(adbin, adrelid))
FROM relations r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL SELECT identity, 'privileges of ' || attname, attacl::text
FROM relations r JOIN pg_attribute a ON attrelid = r.oid AND attacl IS NOT NULL
UNION ALL SELECT identity, 'constraint ' || conname, pg_get_constraintdef(c.oid) || CASE WHEN convalidated THEN '' ELSE ' not valid' END
FROM relations r JOIN pg_constraint c ON conrelid = r.oid
UNION ALL SELECT identity, 'index', pg_get_indexdef(i.indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' not valid' END
FROM relations r JOIN pg_index i ON indexrelid = r.oid
UNION ALL SELECT identity, 'trigger ' || tgname, pg_get_triggerdef(t.oid) || ' ' || tgenabled::text FROM relations r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal
UNION ALL SELECT identity, 'rule ' || rulename, pg_get_ruledef(w.oid) || ' ' || ev_enabled::text FROM relations r JOIN pg_rewrite w ON ev_class = r.oid
UNION ALL SELECT identity, 'policy ' || polname, format('%s %s %s', polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM relations r JOIN pg_policy ON polrelid = r.oid
UNION ALL SELECT identity, 'sequence', format('%s %s %s %s %s %s', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle)
FROM relations r JOIN pg_sequence ON seqrelid = r.oid

-- Types
UNION ALL SELECT kind || ' ' || identity, 'properties',
  format('%s %s %s %s %s %s %s %s %s %s %s %s %s %s %s', typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typalign, typstorage,
    typnotnull, typbasetype::regtype, typtypmod, typcollation::regcollation, typdefault, typelem::regtype, typsubscript)
FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'functions', format('%s %s %s %s %s %s %s', typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze)
FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'privileges', typacl::text FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND t.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'label ' || row_number() OVER (PARTITION BY enumtypid ORDER BY enumsortorder), enumlabel
FROM members JOIN pg_enum ON classid = 'pg_type'::regclass AND enumtypid = objid
UNION ALL SELECT kind || ' ' || identity, 'constraint ' || conname, pg_get_constraintdef(c.oid)
FROM members JOIN pg_constraint c ON classid = 'pg_type'::regclass AND contypid = objid
UNION ALL SELECT kind || ' ' || identity, 'range', format('%s %s %s', rngsubtype::regtype, rngcanonical, rngsubdiff)
FROM members JOIN pg_range ON classid = 'pg_type'::regclass AND rngtypid = objid

-- Casts, operators, operator classes
UNION ALL SELECT kind || ' ' || identity, 'way', format('%s %s %s', castfunc::regprocedure, castcontext, castmethod)
FROM members JOIN pg_cast c ON classid = 'pg_cast'::regclass AND c.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'properties',
  format('%s %s %s %s %s %s %s %s', oprcode, oprresult::regtype, oprcanmerge, oprcanhash, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin)
FROM members JOIN pg_operator o ON classid = 'pg_operator'::regclass AND o.oid = objid
UNION ALL SELECT kind || ' ' || identity, 'properties', format('%s %s %s %s', opcintype::regtype, opcdefault, opckeytype::regtype, opfname)
FROM members JOIN pg_opclass c ON classid = 'pg_opclass'::regclass AND c.oid = objid JOIN pg_opfamily f ON f.oid = opcfamily
UNION ALL SELECT kind || ' ' || identity, format('operator %s', amopstrategy), format('%s %s', amopopr::regoperator, amoppurpose)
FROM members JOIN pg_amop ON classid = 'pg_opfamily'::regclass AND amopfamily = objid
UNION ALL SELECT kind || ' ' || identity, format('function %s (%s, %s)', amprocnum, amproclefttype::regtype, amprocrighttype::regtype), amproc::regprocedure::text
FROM members JOIN pg_amproc ON classid = 'pg_opfamily'::regclass AND amprocfamily = objid

-- The rows that come with its tables
UNION ALL SELECT r.identity, 'row', shipped
FROM relations r, LATERAL unnest(xpath('//shipped/text()', query_to_xml(format('SELECT t::text AS shipped FROM %s t', r.identity), true, false, '')) ::text[]) shipped
WHERE relkind = 'r';
