-- Ways to damage an installed extension, each of which the list of its facts (catalog.sql) must show. Each paragraph is a
-- name and a query for the statement that does it, to whatever object of that kind there is.

-- a column
SELECT format('ALTER TABLE %s DROP COLUMN %I CASCADE', identity, attname) FROM relations r JOIN pg_attribute a ON attrelid = r.oid
WHERE relkind = 'r' AND attnum > 1 AND attname <> 'shipped'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = attrelid AND refobjsubid = attnum AND classid = 'pg_proc'::regclass) LIMIT 1

-- a column's type
SELECT format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar', identity, attname) FROM relations r JOIN pg_attribute a ON attrelid = r.oid
WHERE relkind = 'r' AND attname = 'channel' LIMIT 1

-- a default
SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', adrelid::regclass, attname)
FROM pg_attrdef d JOIN relations r ON adrelid = r.oid JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum WHERE attgenerated = '' AND attname <> 'id' LIMIT 1

-- NOT NULL
SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', identity, attname) FROM relations r JOIN pg_attribute a ON attrelid = r.oid
WHERE relkind = 'r' AND attnotnull AND attnum > 0 AND NOT EXISTS (SELECT FROM pg_index i WHERE indrelid = r.oid AND indisprimary AND attnum = ANY (indkey)) LIMIT 1

-- a constraint
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', identity, conname) FROM relations r JOIN pg_constraint c ON conrelid = r.oid WHERE contype = 'c' LIMIT 1

-- a unique constraint
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', identity, conname) FROM relations r JOIN pg_constraint c ON conrelid = r.oid WHERE contype IN ('p', 'u') LIMIT 1

-- a trigger
SELECT format('DROP TRIGGER %I ON %s', tgname, identity) FROM relations r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal LIMIT 1

-- a trigger that sleeps
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', identity, tgname) FROM relations r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal LIMIT 1

-- a table's privileges
SELECT format('REVOKE SELECT ON %s FROM PUBLIC', identity) FROM relations WHERE relkind = 'r' LIMIT 1

-- a function's privileges
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', identity) FROM members WHERE kind = 'function' LIMIT 1

-- the schema's privileges
SELECT 'REVOKE USAGE ON SCHEMA journey FROM PUBLIC'

-- a function that is gone
SELECT format('ALTER EXTENSION journey DROP FUNCTION %s', identity) FROM members WHERE kind = 'function' LIMIT 1

-- volatility
SELECT format('ALTER FUNCTION %s VOLATILE', identity) FROM members JOIN pg_proc p ON p.oid = objid WHERE kind = 'function' AND provolatile = 'i' LIMIT 1

-- parallel safety of an aggregate
SELECT format('UPDATE pg_proc SET proparallel = ''u'' WHERE oid = %s', objid) FROM members WHERE kind = 'aggregate' LIMIT 1

-- a default of an argument
SELECT format('UPDATE pg_proc SET pronargdefaults = 0, proargdefaults = NULL WHERE oid = %s', p.oid) FROM members JOIN pg_proc p ON p.oid = objid
WHERE kind = 'function' AND pronargdefaults > 0 LIMIT 1

-- a name of an argument
SELECT format('UPDATE pg_proc SET proargnames[1] = ''other'' WHERE oid = %s', p.oid) FROM members JOIN pg_proc p ON p.oid = objid
WHERE kind = 'aggregate' AND proargnames IS NOT NULL LIMIT 1

-- a combine function
SELECT format('UPDATE pg_aggregate SET aggcombinefn = 0 WHERE aggfnoid = %s', objid) FROM members WHERE kind = 'aggregate' LIMIT 1

-- the size of a state
SELECT format('UPDATE pg_aggregate SET aggtransspace = 1 WHERE aggfnoid = %s', objid) FROM members WHERE kind = 'aggregate' LIMIT 1

-- the tables that pg_dump keeps
SELECT 'UPDATE pg_extension SET extconfig = NULL, extcondition = NULL WHERE extname = ''journey'''

-- which of their rows
SELECT 'UPDATE pg_extension SET extcondition[1] = '''' WHERE extname = ''journey'''

-- all rows of a table
SELECT 'DELETE FROM ' || identity FROM relations r WHERE relkind = 'r' AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = r.oid AND attname = 'shipped') LIMIT 1

-- one row of a table
SELECT format('DELETE FROM %s WHERE ctid = (SELECT min(ctid) FROM %1$s)', identity) FROM relations r WHERE relkind = 'r' AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = r.oid AND attname = 'shipped') LIMIT 1

-- a comment
SELECT format('COMMENT ON FUNCTION %s IS NULL', identity) FROM members WHERE kind = 'function' LIMIT 1

-- the words of a comment
SELECT 'COMMENT ON SCHEMA journey IS ''other'''

-- a label of an enumeration
SELECT format('ALTER TYPE %s RENAME VALUE %L TO ''other''', enumtypid::regtype, enumlabel) FROM pg_enum JOIN members ON enumtypid = objid LIMIT 1

-- a label more
SELECT format('ALTER TYPE %s ADD VALUE ''other'' BEFORE %L', enumtypid::regtype, enumlabel) FROM pg_enum JOIN members ON enumtypid = objid LIMIT 1

-- an attribute of a type
SELECT format('ALTER TYPE %s ADD ATTRIBUTE other int CASCADE', identity) FROM relations WHERE relkind = 'c' LIMIT 1

-- how a type is stored
SELECT format('ALTER TYPE %s SET (STORAGE = main)', identity) FROM members JOIN pg_type t ON t.oid = objid
WHERE kind = 'type' AND typtype = 'b' AND typlen = -1 AND typelem = 0 AND typstorage = 'x' LIMIT 1

-- a type's binary form
SELECT format('ALTER TYPE %s SET (RECEIVE = NONE)', identity) FROM members JOIN pg_type t ON t.oid = objid
WHERE kind = 'type' AND typtype = 'b' AND typelem = 0 AND typreceive <> 0 LIMIT 1

-- a cast
SELECT format('CREATE CAST (%s AS text) WITH INOUT', identity), format('ALTER EXTENSION journey ADD CAST (%s AS text)', identity)
FROM members JOIN pg_type t ON t.oid = objid WHERE kind = 'type' AND typtype = 'b' LIMIT 1

-- an operator
SELECT format('ALTER EXTENSION journey DROP OPERATOR %s', objid::regoperator) FROM members WHERE kind = 'operator' LIMIT 1

-- what an operator is good for
SELECT format('UPDATE pg_operator SET oprcanhash = NOT oprcanhash WHERE oid = %s', objid) FROM members WHERE kind = 'operator' LIMIT 1

-- a function of an operator class
SELECT format('DELETE FROM pg_amproc WHERE oid = (SELECT min(oid) FROM pg_amproc WHERE amprocfamily = %s)', objid) FROM members WHERE kind = 'operator family' LIMIT 1
