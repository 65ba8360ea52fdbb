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
