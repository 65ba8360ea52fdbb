SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS journey;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE TEMP TABLE logins (anonymous_id text, user_id text, at timestamptz);
INSERT INTO logins VALUES
  ('phone', NULL, '2026-01-01'),
  ('phone', 'ann', '2026-01-02'),
  ('laptop', 'ann', '2026-01-03'),
  ('laptop', 'bob', '2026-01-04'),
  ('tablet', NULL, '2026-01-05'),
  (NULL, 'cid', '2026-01-06'),
  (NULL, NULL, '2026-01-07');

-- Transitive: bob shares the laptop with ann, so all four ids are one visitor, named by its earliest user id.
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins');
-- One hop: the laptop goes with bob, its latest user; ann keeps the phone.
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', 'latest_user');
-- Guards: the younger edge laptop-bob is refused; bob stays a visitor of his own.
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', max_users => 1);
SELECT alias, is_user, visitor_id, members FROM journey.resolve_aliases('SELECT * FROM logins', max_members => 2);

-- A star with a limit settles: its edges are taken by their first times, however often they come again.
SELECT alias, is_user, visitor_id, members FROM journey.resolve_aliases(
  $$VALUES ('d1', 'u', timestamptz '2026-01-01'), ('d2', 'u', '2026-01-02'), ('d1', 'u', '2026-01-03')$$, 'latest_user', max_members => 2);
SELECT * FROM journey.alias_conflicts(
  $$VALUES ('d1', 'u', timestamptz '2026-01-01'), ('d2', 'u', '2026-01-02'), ('d1', 'u', '2026-01-03'), ('d2', 'u', '2026-01-04')$$, 'latest_user', max_members => 2);

-- Without times everything is seen at an unknown time: ties go to the smaller value.
SELECT * FROM journey.resolve_aliases('SELECT anonymous_id, user_id FROM logins');
SELECT * FROM journey.resolve_aliases('SELECT anonymous_id, user_id FROM logins', 'latest_user');
-- varchar and untyped columns pass as text.
SELECT * FROM journey.resolve_aliases($$SELECT 'a'::varchar, NULL, timestamptz 'infinity'$$);
-- An alias and a user id spelled the same are two ids.
SELECT alias, is_user, visitor_id, members FROM journey.resolve_aliases($$VALUES ('x', NULL), (NULL, 'x'), ('x', 'y')$$);
-- Blocked: by default the usual junk; none with NULL or an empty list.
SELECT alias, is_user, visitor_id FROM journey.resolve_aliases($$VALUES ('a', ' NULL '), ('b', 'null'), ('0000-00', 'u')$$);
SELECT alias, is_user, visitor_id FROM journey.resolve_aliases($$VALUES ('a', 'null'), ('b', 'null')$$, blocked => NULL);
SELECT alias, is_user, visitor_id FROM journey.resolve_aliases($$VALUES ('a', 'test'), ('b', 'test')$$, blocked => journey.junk_ids() || ARRAY['Test', NULL]);
-- No rows in, no rows out.
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins WHERE false');


-- Patterns in blocked: * stands for any text, % for itself.
SELECT alias, is_user, visitor_id FROM journey.resolve_aliases(
  $$VALUES ('a', 'test@one.org'), ('b', 'test@one.org'), ('bot-7', 'u'), ('c', '50%'), ('d', '505')$$, blocked => ARRAY['Test@*', 'bot-[0-9]', '50%']);

-- What was refused, and why; the same edge is told once, with its earliest time.
SELECT * FROM journey.alias_conflicts('SELECT * FROM logins', max_users => 1);
SELECT * FROM journey.alias_conflicts('SELECT * FROM logins', max_members => 2);
SELECT * FROM journey.alias_conflicts(
  $$VALUES ('a', 'null', timestamptz '2026-01-02'), ('a', 'null', '2026-01-01'), ('none', 'null', NULL), (' ', NULL, '2026-01-03'), (NULL, '0', '2026-01-04')$$);
SELECT * FROM journey.alias_conflicts('SELECT * FROM logins');

-- Owners: the laptop is ann's until bob logs in. Before a first log-in: back to the beginning, or for a while.
SELECT * FROM journey.alias_owners('SELECT * FROM logins');
SELECT * FROM journey.alias_owners('SELECT * FROM logins', '1 day 12 hours');
SELECT * FROM journey.alias_owners('SELECT * FROM logins', '0');
-- Ties go to the greater user id, the same user goes on, and rows without a time or with a blocked id count for nothing.
SELECT * FROM journey.alias_owners($$VALUES
  ('d', 'b', timestamptz '2026-01-01'), ('d', 'a', '2026-01-01'), ('d', 'b', '2026-01-02'), ('d', 'c', '2026-01-03'), ('d', 'c', '2026-01-04'),
  ('d', 'a', '2026-01-05'), ('d', 'null', '2026-01-06'), ('d', 'x', NULL), ('d', 'y', 'infinity'), ('e', 'z', '-infinity')$$, '1 day');

-- Health: visitors of 3, 1, 1 and 1 ids; ann was seen with phone and laptop, the laptop with ann and bob.
SELECT ids, users, links, refused, visitors, mean_members, p99_members, most_members FROM journey.alias_graph_stats('SELECT * FROM logins', max_users => 1);
SELECT h.* FROM journey.alias_graph_stats('SELECT * FROM logins', max_users => 1), unnest(hubs) h;
SELECT * FROM journey.alias_graph_stats('SELECT * FROM logins WHERE false');

-- Ids of many kinds. The e-mail is ann's; the shared phone number may not join her to bob.
CREATE TEMP TABLE seen (a_kind text, a text, b_kind text, b text, at timestamptz);
INSERT INTO seen VALUES
  ('user', 'ann', 'email', 'ann@example.com', '2026-01-01'),
  ('cookie', 'c1', 'email', 'ann@example.com', '2026-01-02'),
  ('user', 'ann', 'phone', '555', '2026-01-03'),
  ('phone', '555', 'user', 'bob', '2026-01-04'),
  ('cookie', 'c2', 'phone', '555', '2026-01-05'),
  ('cookie', 'ann', NULL, NULL, '2026-01-06'),
  (NULL, NULL, 'email', 'unknown', '2026-01-07');
SELECT * FROM journey.resolve_aliases('SELECT * FROM seen', priority => '{user,email}', unique_kinds => '{user}');
SELECT * FROM journey.alias_conflicts('SELECT * FROM seen', priority => '{user,email}', unique_kinds => '{user}');
SELECT ids, links, refused, visitors, p99_members, most_members, hubs[1:2] FROM journey.alias_graph_stats('SELECT * FROM seen', priority => '{user,email}', unique_kinds => '{user}');
-- Lists may be untyped literals, arrays, or one of each.
SELECT count(*) FROM journey.resolve_aliases('SELECT * FROM seen', '{user,email}', '{user}');
SELECT count(*) FROM journey.resolve_aliases('SELECT * FROM seen', '{user,email}', ARRAY['user']);
SELECT count(*) FROM journey.resolve_aliases('SELECT * FROM seen', ARRAY['user', 'email'], '{user}');
SELECT count(*) FROM journey.resolve_aliases('SELECT * FROM seen', ARRAY['user', 'email'], ARRAY['user'], '{}', 3);
SELECT count(*) FROM journey.alias_conflicts('SELECT * FROM seen', '{user,email}', '{user}');
SELECT visitors FROM journey.alias_graph_stats('SELECT * FROM seen', '{user,email}', '{user}', '{}', 3);
SELECT visitors FROM journey.alias_graph_stats('SELECT * FROM seen', '{user,email}', '{user}', '{555}');
SELECT visitors FROM journey.alias_graph_stats('SELECT * FROM seen', '{user,email}', '{user}', ARRAY['555']);
SELECT visitors FROM journey.alias_graph_stats('SELECT * FROM seen', '{user,email}', '{user}', blocked => ARRAY['555']);
-- Another priority names the visitors otherwise; without unique kinds they are one.
SELECT kind, alias, visitor_kind, visitor_id, members FROM journey.resolve_aliases('SELECT * FROM seen', priority => '{email}', unique_kinds => NULL);
-- All at one time: stronger kinds are linked first, so the e-mail is y's; the cookie goes with x and must leave the rest.
SELECT * FROM journey.alias_conflicts($$VALUES ('cookie', 'c1', 'user', 'y'), ('cookie', 'c1', 'user', 'x'), ('email', 'e', 'user', 'y'), ('cookie', 'c1', 'email', 'e')$$,
  priority => '{user,email,cookie}', unique_kinds => '{user}');

-- New edges into a mapping that is there: only the rows that change.
CREATE TEMP TABLE mapping AS SELECT * FROM journey.resolve_aliases('SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('TABLE mapping', $$VALUES ('phone', 'ann', timestamptz '2026-02-01')$$);
SELECT alias, is_user, visitor_id, members, old_visitor_id FROM journey.merge_aliases('SELECT * FROM mapping; ', $$VALUES ('tablet', 'cid', timestamptz '2026-02-01'), ('watch', 'cid', '2026-02-02')$$);
SELECT alias, is_user, visitor_id, members, old_visitor_id FROM journey.merge_aliases('TABLE mapping -- as it is', $$VALUES ('phone', 'cid', timestamptz '2026-02-01')$$, max_users => 2);
SELECT * FROM journey.merge_aliases('TABLE mapping', 'SELECT * FROM logins');
-- Into an empty mapping: all rows.
SELECT count(*) FROM journey.merge_aliases('TABLE mapping LIMIT 0', 'SELECT * FROM logins');

-- Apart again: without the laptop, bob is a visitor of his own.
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', $$VALUES ('laptop', 'bob')$$);
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', $$VALUES ('laptop', 'cid')$$);
SELECT kind, alias, visitor_kind, visitor_id, members, old_visitor_kind, old_visitor_id
FROM journey.unmerge_aliases('SELECT * FROM seen', $$VALUES ('user', 'bob', 'phone', '555')$$, priority => '{user}', unique_kinds => '{}');

SELECT count(*) FROM journey.unmerge_aliases('SELECT * FROM seen', $$VALUES ('user', 'bob', 'phone', '555')$$, '{user}', '{user}');
SELECT count(*) FROM journey.unmerge_aliases('SELECT * FROM logins', $$VALUES ('laptop', 'bob')$$, '{}', 2);
CREATE TEMP TABLE seen_mapping AS SELECT * FROM journey.resolve_aliases('SELECT * FROM seen', '{user,email}', '{user}');
SELECT kind, alias, visitor_kind, visitor_id FROM journey.merge_aliases('TABLE seen_mapping', $$VALUES ('cookie', 'c3', 'user', 'bob')$$, '{user,email}', '{user}');
SELECT count(*) FROM journey.merge_aliases('TABLE seen_mapping', $$VALUES ('cookie', 'c3', 'user', 'bob')$$, ARRAY['user', 'email'], '{user}');
SELECT count(*) FROM journey.merge_aliases('TABLE seen_mapping', $$VALUES ('cookie', 'c3', 'user', 'bob')$$, '{user,email}', '{user}', '{}');
SELECT count(*) FROM journey.merge_aliases('TABLE mapping', $$VALUES ('phone', 'dan')$$, '{}', 9, 9);

-- Errors
\set SHOW_CONTEXT never
SELECT * FROM journey.resolve_aliases(NULL);
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', mode => NULL);
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', mode => 'nearest');
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', max_users => 0);
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', max_members => -5);
SELECT * FROM journey.resolve_aliases('SELECT * FROM nowhere');
SELECT * FROM journey.resolve_aliases('SELECT anonymous_id FROM logins');
SELECT * FROM journey.resolve_aliases('SELECT 1, 2, now()');
SELECT * FROM journey.resolve_aliases('SELECT anonymous_id, user_id, at::timestamp FROM logins');
SELECT * FROM journey.resolve_aliases('DELETE FROM logins RETURNING *');
SELECT * FROM journey.resolve_aliases('');
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins; SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('TABLE mapping) m; SELECT 1 FROM (TABLE mapping', 'SELECT * FROM logins');
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', $$VALUES ('laptop', 'bob'); VALUES ('phone', 'ann')$$);
SELECT * FROM journey.alias_owners('SELECT * FROM logins', '1 month');
SELECT * FROM journey.alias_owners('SELECT * FROM logins', '-1 day');
SELECT * FROM journey.alias_owners(NULL);
SELECT * FROM journey.resolve_aliases('SELECT * FROM seen', priority => '{user,email,user}', unique_kinds => '{}');
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', priority => '{}', unique_kinds => '{}');
SELECT * FROM journey.resolve_aliases($$VALUES (NULL, 'a', 'user', 'b')$$, priority => '{}', unique_kinds => '{}');
SELECT * FROM journey.resolve_aliases('SELECT * FROM logins', 'latest_user', '{null}');
SELECT r.* FROM (SELECT array_agg('k' || i) AS kinds FROM generate_series(1, 65) i) k, journey.resolve_aliases('SELECT * FROM seen', kinds, kinds) r;
SELECT * FROM journey.merge_aliases(NULL, 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('TABLE mapping', NULL);
SELECT * FROM journey.merge_aliases('TABLE nowhere', 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('SELECT alias, is_user FROM mapping', 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('SELECT alias, is_user, visitor_id, members::int, first_seen_at, last_seen_at FROM mapping', 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('SELECT alias, is_user, NULL::text AS visitor_id, members, first_seen_at, last_seen_at FROM mapping', 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases($$SELECT * FROM mapping UNION ALL SELECT 'phone', false, 'bob', 9, NULL, NULL$$, 'SELECT * FROM logins');
SELECT * FROM journey.merge_aliases('TABLE mapping', $$VALUES ('phone', 'dan')$$, blocked => '{ann}');
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', NULL);
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', 'SELECT * FROM logins');
SELECT * FROM journey.unmerge_aliases('SELECT * FROM logins', $$VALUES ('laptop', 'bob'), ('bob', 'phone'), ('phone', 'dan')$$);
SELECT * FROM journey.resolve_aliases('logins');
SELECT * FROM journey.merge_aliases('mapping', 'SELECT * FROM logins');
SELECT * FROM journey.alias_owners('SELECT anonymous_id, user_id FROM logins');
SELECT * FROM journey.resolve_aliases('SELECT * FROM seen', priority => '{user}', unique_kinds => '{usr}');

-- The ids that resolve_aliases takes for ids
SELECT id, journey.real_id(id), journey.real_id(id, blocked) AS other, journey.real_id(id, NULL) AS every
FROM (VALUES ('ann', '{ann}'::text[]), ('ann', '{a*}'), (' NULL ', '{}'), ('00000000-0000-0000-0000-000000000000', '{0}'), ('', NULL), (NULL, '{}')) v (id, blocked);

-- What means nobody, in any case, with blanks, quotes and templates around ...
SELECT id AS taken_for_an_id FROM unnest(ARRAY[
  '', ' ', '-', '--', '[]', '{}', '""', '0', '000', '00000000-0000-0000-0000-000000000000', '{00000000-0000-0000-0000-000000000000}', '-1', '"-1"', '0.0.0.0',
  'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '02:00:00:00:00:00', '9774d56d682e549c', 'lmy47d',
  'null', 'NULL', ' null ', '"null"', '''null''', '(null)', '<null>', '\"null\"', 'undefined', '"undefined"', '''Undefined''', 'nil', '<nil>', 'None', 'n/a', 'N/A', 'na', '#N/A', 'NaN', 'Infinity', '\N',
  'true', 'True', 'FALSE', '"false"', '[object Object]', '[OBJECT OBJECT]', '"[object Object]"', '[object Undefined]', '%5Bobject%20Object%5D',
  'unknown', '(unknown)', 'unknown_user', 'not set', '(not set)', 'not_set', 'anonymous', 'Anonymous', 'anonymousUser', 'anon', 'guest', 'GUEST', 'guest user', 'not_authenticated', 'not logged in', 'unauthenticated',
  'id', 'user_id', 'userId', 'userid', 'USER-ID', 'user id', 'anonymous_id', 'anonymousId', 'distinct_id', 'distinctid', 'device_id', 'email', '"Email"', 'email_address', 'username',
  '{{user_id}}', '{{ customer.number }}', '%user_id%', '%%EMAILADDR%%', '${userId}', '$user_id', '<%= user.id %>', '<user_id>', '[user_id]', '*|UNIQID|*', '__CLICKID__', '%7B%7Buser_id%7D%7D', 'your-user-id', 'abc123', 'void',
  'null@null.com', 'noreply@example.com', md5(''), md5('null'), encode(sha256('undefined'), 'hex'), E'\u00a0null\u00a0']) id
WHERE journey.real_id(id) IS NOT NULL;
-- ... and what means somebody.
SELECT id AS taken_for_nobody FROM unnest(ARRAY[
  '7', '1', '10', '01', '-7', '#7', '111111111', 'x', 'xx', 'a', 'bill', 'trueman', 'nullah', 'anna', 'nana', 'nan1', 'idris', 'id7', 'user7', 'user_7', 'user_david', 'rizky_id', 'budi.id', 'guest-12', 'anon-5f3a', 'anonymous7',
  'unknown1', 'nobel', 'test', 'admin', 'ann@example.com', 'bill@null.com', '{6F9619FF-8B86-D011-B42D-00CF4FC964FF}', '$device:17b845b08de74', 'auth0|5f7c8ec7c33c6c004bbafe82', '123e4567-e89b-12d3-a456-426614174001', md5('ann'), 'é']) id
WHERE journey.real_id(id) IS NULL;
-- No two strangers who share such an id become one.
SELECT count(DISTINCT visitor_id) FROM journey.resolve_aliases($$VALUES ('a', 'NaN'), ('b', 'NaN'), ('c', '"null"'), ('d', '"null"'), ('e', 'userId'), ('f', 'userId')$$);
-- Patterns have bounds, and are checked before any id.
SELECT journey.real_id(repeat('a', 1000000), ARRAY['*' || repeat('a', 20000) || 'b']);
SELECT journey.real_id('a', array_agg('*' || i)) FROM generate_series(1, 1001) i;
SELECT journey.real_id('a', '{{a},{b}}');
