-- url_host and url_param against the URL Standard's own test cases (web-platform-tests).
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(7);

-- json, not jsonb: inputs with NUL or half a surrogate pair are no PostgreSQL text, and left out here.
CREATE TEMP TABLE cases AS
SELECT number, c->>'input' AS input, c->>'base' AS base, nullif(c->>'hostname', '') AS host, nullif(c->>'search', '') AS search
FROM (SELECT number, c FROM json_array_elements(pg_read_file(:'shared' || '/whatwg_url/urltestdata.json')::json) WITH ORDINALITY AS t(c, number)
      WHERE json_typeof(c) = 'object' AND c::text !~* '\\u0000|\\ud[89a-f]' OFFSET 0) AS storable;
SELECT is(row(count(*), count(host), count(search))::text, '(854,364,60)', 'of 869 cases 854 are texts that PostgreSQL can hold') FROM cases;

-- A browser resolves what has no scheme against the URL of the page it is on. Here there is no page.
CREATE TEMP TABLE relative_cases AS
SELECT * FROM cases WHERE base IS NOT NULL AND input !~ E'^[\\x01-\\x20]*([A-Za-z][A-Za-z0-9+.-]*:|/[/\\\\])';
SELECT is(count(*), 128::bigint, 'relative references') FROM relative_cases;
SELECT is_empty('SELECT input, journey.url_host(input) FROM relative_cases WHERE journey.url_host(input) IS NOT NULL', 'a relative reference has no host');

-- All other cases must agree, but for these. The number is the case's place in the file.
CREATE TEMP TABLE deviations (number int, host text, reason text);
INSERT INTO deviations VALUES
  (8, 'foo.com', 'page'),
  (48, 'c', 'page'),
  (68, NULL, 'page'),
  (78, 'example.com', 'page'),
  (94, 'example.com', 'page'),
  (127, 'test', 'scheme'),
  (284, E'goo\u00a0\u3000goo.com', 'unicode'),
  (286, E'goo\u200b\u2060\ufeffgoo.com', 'unicode'),
  (298, 'www.foo。bar.com', 'unicode'),
  (300, E'\ufdd0zyx.com', 'unicode'),
  (302, E'\ufdd0zyx.com', 'unicode'),
  (304, E'\ufffd', 'unicode'),
  (305, E'\ufffd', 'unicode'),
  (308, 'a.b.c.xn--pokxncvks', 'punycode'),
  (309, '10.0.0.xn--pokxncvks', 'punycode'),
  (311, 'a.b.c.xn--pokxncvks', 'punycode'),
  (312, 'a.b.c.xn--pokxncvks', 'punycode'),
  (313, '10.0.0.xn--pokxncvks', 'punycode'),
  (314, '10.0.0.xn--pokxncvks', 'punycode'),
  (316, 'Ｇｏ.com', 'unicode'),
  (318, '％４１.com', 'unicode'),
  (319, '％４１.com', 'unicode'),
  (321, '％００.com', 'unicode'),
  (322, '％００.com', 'unicode'),
  (324, '你好你好', 'unicode'),
  (325, 'faß.example', 'unicode'),
  (326, 'faß.ExAmPlE', 'opaque'),
  (342, '０Ｘｃ０．０２５０．０１', 'unicode'),
  (412, 'ñ.test', 'opaque'),
  (534, E'\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000b\u000c\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f!"$%&''()*+,-.;=_`{}~', 'opaque'),
  (540, '☃', 'unicode'),
  (541, '☃', 'unicode'),
  (552, NULL, 'page'),
  (602, 'd', 'scheme'),
  (603, 'd', 'scheme'),
  (622, 'mouse', 'scheme'),
  (625, 'localhost', 'scheme'),
  (653, NULL, 'page'),
  (654, NULL, 'page'),
  (656, 'c', 'scheme'),
  (658, 'c', 'scheme'),
  (686, 'one', 'scheme'),
  (687, 'one', 'scheme'),
  (712, 'ñ', 'opaque'),
  (713, 'ñ', 'opaque'),
  (714, 'ñ', 'opaque'),
  (721, 'x', 'scheme'),
  (813, E'a\u00adb', 'unicode'),
  (814, E'a\u00adb', 'unicode'),
  (816, 'loc𝐀𝐋𝐇𝐨𝐬𝐭', 'unicode'),
  (818, E'\u00ad', 'unicode'),
  (819, E'\u00ad', 'unicode'),
  (820, 'xn--', 'punycode'),
  (885, E'\uffffy', 'unicode'),
  (899, E'a\u00adb', 'unicode'),
  (900, E'\u00ad', 'unicode'),
  (901, E'\u00ad', 'unicode'),
  (902, 'xn--', 'punycode'),
  (970, 'abcdef', 'scheme'),
  (971, 'a', 'scheme');
CREATE TEMP TABLE reasons (reason text, explanation text);
INSERT INTO reasons VALUES
  ('page', 'written like http:host, and so relative to a page of the same scheme; without a page it is absolute'),
  ('scheme', 'begins with slashes alone; the scheme of the page (file, sc) says how to read it, here it is read as a web address'),
  ('unicode', 'a host beyond ASCII is kept as given: neither mapped to other characters, nor written as Punycode, nor refused'),
  ('punycode', 'a label that begins with xn-- is not checked to be Punycode'),
  ('opaque', 'the host of a scheme that is not of the web is kept as given, not escaped');
SELECT set_eq(
  'SELECT number::int, journey.url_host(input) FROM cases WHERE number NOT IN (SELECT number FROM relative_cases) AND journey.url_host(input) IS DISTINCT FROM host',
  'SELECT number, host FROM deviations', 'every other host is the standard''s, but for the listed ones');
SELECT is_empty('SELECT * FROM deviations WHERE reason NOT IN (SELECT reason FROM reasons)', 'each deviation has a reason');

-- Parameters: the standard gives the query string as it would be sent; decoded, its parameters must be ours.
CREATE FUNCTION form_decoded(value text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(convert_from(string_agg(CASE WHEN m[1] ~ '^%..$' THEN decode(substr(m[1], 2), 'hex') ELSE convert_to(m[1], 'UTF8') END, ''::bytea ORDER BY n), 'UTF8'), '')
  FROM regexp_matches(replace(value, '+', ' '), '%[0-9A-Fa-f]{2}|.', 'gs') WITH ORDINALITY AS r(m, n) $$;
CREATE TEMP TABLE params AS
SELECT DISTINCT ON (number, name) number, input, form_decoded(split_part(pair, '=', 1)) AS name, form_decoded(substr(pair, strpos(pair || '=', '=') + 1)) AS value
FROM cases, string_to_table(substr(search, 2), '&') WITH ORDINALITY AS p(pair, place), LATERAL (SELECT form_decoded(split_part(pair, '=', 1)) AS name) AS n
WHERE pair <> '' ORDER BY number, name, place;
SELECT is(row(count(DISTINCT number), count(*))::text, '(60,65)', 'cases with parameters, and their parameters') FROM params;
SELECT results_eq('SELECT number::int, journey.url_param(input, name) FROM params WHERE journey.url_param(input, name) IS DISTINCT FROM value',
  $$VALUES (367, NULL), (606, NULL), (607, NULL), (610, NULL), (611, NULL)$$,
  'each parameter is the standard''s; but for those that a relative reference has from its page');

SELECT * FROM finish();
