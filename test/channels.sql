-- channels: the same in any plan, what users add, dump and restore, other encodings, large and hostile input.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;

-- Dump and restore, in databases of their own: the rows that users added survive, the shipped ones come with the extension.
\set home :DBNAME
CREATE DATABASE channels_before TEMPLATE template0;
CREATE DATABASE channels_after TEMPLATE template0;
\c channels_before
CREATE EXTENSION journey;
INSERT INTO journey.sources (source, category, names, term_params) VALUES ('intranet', 'internal', '{portal.example.org}', '{q}'), ('bing', NULL, '{bing.com}', '{}');
INSERT INTO journey.touch_params (name, field, source, medium, position) VALUES ('aff_id', 'click_id', 'affiliates', 'affiliate', 7);
INSERT INTO journey.channel_rules (position, channel, source, category, medium, campaign, click_id, referrer) VALUES (1, 'Mine', '{a}', '{b}', '{c}', '{d*,""}', '{e}', NULL);
CREATE VIEW public.everything AS SELECT sources::text AS row FROM journey.sources UNION ALL SELECT touch_params::text FROM journey.touch_params UNION ALL SELECT channel_rules::text FROM journey.channel_rules;
SELECT md5(string_agg(row, E'\n' ORDER BY row COLLATE "C")) AS before FROM public.everything \gset
\! pg_dump channels_before | psql -X -q -v ON_ERROR_STOP=1 channels_after >/dev/null
\set dumped `pg_dump --data-only channels_before | grep -cE '^(intranet|bing|aff_id|1[[:space:]]Mine|google|utm_source)[[:space:]]'`
\c channels_after
SELECT md5(string_agg(row, E'\n' ORDER BY row COLLATE "C")) AS after FROM public.everything \gset

-- Databases that are not in UTF-8
CREATE DATABASE channels_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
\c channels_latin1
SET client_encoding = 'UTF8';
CREATE EXTENSION journey;
SELECT journey.url_param('https://bücher.example/?a=b%C3%BCcher+%41&b=bücher', 'a') AS latin_escape, journey.url_param('https://bücher.example/?b=bücher', 'b') AS latin_text, journey.url_host('https://bücher.example/') AS latin_host,
       (journey.touch('2026-01-01', 'https://a.example/?utm_source=bücher&utm_campaign=%FC')).source AS latin_source \gset
CREATE DATABASE channels_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C';
\c channels_ascii
CREATE EXTENSION journey;
SELECT encode(convert_to(journey.url_param('https://x.example/?a=%C3%BC%FF', 'a'), 'SQL_ASCII'), 'escape') AS ascii_escape \gset

\c :home
DROP DATABASE channels_before;
DROP DATABASE channels_after;
DROP DATABASE channels_latin1;
DROP DATABASE channels_ascii;
SET client_min_messages = warning;
SELECT plan(61);

SELECT is(:'after'::text, :'before', 'dump and restore keep every row');
SELECT is(:'dumped'::text, '4', 'the dump holds the user''s four rows and no shipped one');
SELECT is(:'latin_escape'::text, 'b%C3%BCcher A', 'in Latin-1, escapes beyond ASCII stay as written');
SELECT is(:'latin_text'::text, 'bücher', 'text stays itself');
SELECT is(:'latin_host'::text, 'bücher.example', 'a host, too');
SELECT is(:'latin_source'::text, 'bücher', 'and a touch');
SELECT is(:'ascii_escape'::text, '\303\274%FF', 'SQL_ASCII takes UTF-8');

-- Every object is commented
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'journey'
  WHERE p.proname IN ('url_host', 'url_path', 'url_param', 'site', 'touch', 'channel', 'referrer_source') AND obj_description(p.oid, 'pg_proc') IS NULL$$, 'functions have comments');
SELECT is_empty($$SELECT attrelid::regclass, attname FROM pg_attribute WHERE attrelid IN ('journey.sources'::regclass, 'journey.touch_params'::regclass, 'journey.channel_rules'::regclass)
  AND attnum > 0 AND col_description(attrelid, attnum) IS NULL$$, 'columns, too');
SELECT results_eq($$SELECT proname::text COLLATE "default", provolatile::text, proparallel::text FROM pg_proc WHERE pronamespace = 'journey'::regnamespace
    AND proname IN ('url_host', 'url_path', 'url_param', 'site', 'touch', 'channel', 'referrer_source') ORDER BY proname$$,
  $$VALUES ('channel', 's', 's'), ('referrer_source', 's', 's'), ('site', 'i', 's'), ('touch', 's', 's'), ('url_host', 'i', 's'), ('url_param', 'i', 's'), ('url_path', 'i', 's')$$,
  'what reads tables is stable, the rest immutable, all parallel safe');

-- The shipped data
SELECT is_empty($$SELECT name FROM journey.sources, unnest(names) AS name GROUP BY name HAVING count(*) > 1$$, 'no name belongs to two shipped sources');
SELECT is_empty($$SELECT source FROM journey.sources GROUP BY source, category = 'ad' HAVING count(*) > 1$$, 'no source is listed twice, but for its ads');
SELECT is_empty($$SELECT s.source, t.source FROM journey.sources s, journey.sources t WHERE s.source = ANY (t.names) AND s.source <> t.source$$, 'no source has the name of another');
SELECT is_empty($$SELECT source, name FROM journey.sources, unnest(names || source) AS name WHERE name <> lower(trim(name))$$, 'names are in lower case');
SELECT is_empty($$SELECT category FROM journey.sources WHERE category NOT IN ('search', 'social', 'video', 'shopping', 'email', 'ai', 'local', 'ad', 'excluded')$$, 'categories are the documented ones');
SELECT is_empty($$SELECT s.source, name, r FROM journey.sources s, unnest(names) AS name, journey.referrer_source('https://' || replace(name, '.*', '.com') || '/') r
  WHERE name LIKE '%.%' AND name NOT LIKE 'com.%' AND name NOT LIKE '%:%' AND name LIKE '%.*' AND name !~ '\*.*\*|/' AND r.source <> s.source
    AND NOT EXISTS (SELECT FROM journey.sources t WHERE replace(name, '.*', '.com') = ANY (t.names))$$, 'each label.* is found');
SELECT is_empty($$SELECT s.source, name, r FROM journey.sources s, unnest(names) AS name, journey.referrer_source('https://www.' || name || '/') r
  WHERE name LIKE '%.%' AND name !~ '[*/ ]' AND r.source <> s.source$$, 'each host is found, and those below it');

SELECT is_empty($$SELECT source, journey.source_name(source) FROM journey.sources WHERE journey.source_name(source) <> source AND source NOT LIKE '%.%'$$, 'each source has its own name');
SELECT is_empty($$SELECT name FROM journey.touch_params, (VALUES (timestamptz '2026-01-01')) AS v (ts) WHERE field = 'click_id' AND medium IN ('cpc', 'display')
  GROUP BY name HAVING journey.last_touch(journey.trail(ts, '30 min', row(ts, 'x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, name || '=1')::journey.touch), 'infinity', 'paid') IS NULL$$, 'each ad click id makes a paid touch');

-- The same in every plan
CREATE TABLE visits AS
SELECT n, timestamptz '2026-01-01' + n * interval '1 second' AS ts,
  'https://www.example.com/' || (ARRAY['', 'a?utm_source=google&utm_medium=cpc&utm_campaign=c' || n % 50, '?gclid=' || n, 'b?page=' || n, '?utm_source=partner-' || n % 7])[1 + n % 5] AS page_url,
  (ARRAY['https://www.google.com/', 'https://www.example.com/', 'https://l.facebook.com/', 'https://host' || n || '.example.org/', NULL, 'https://own' || n % 9 || '.example.net/', ''])[1 + n % 7] AS referrer,
  CASE WHEN n % 2 = 0 THEN ARRAY['example.net'] WHEN n % 3 = 0 THEN NULL ELSE '{}' END AS own_hosts
FROM generate_series(1, 50000) n;
ANALYZE visits;
\ir support/plans.sql
SET max_parallel_workers_per_gather = 0;
CREATE TABLE touches AS SELECT n, journey.touch(ts, page_url, referrer, own_hosts) AS touch FROM visits;
SELECT is_empty('SELECT n, touch FROM touches EXCEPT SELECT n, journey.touch(ts, page_url, referrer, own_hosts) FROM (SELECT * FROM visits ORDER BY md5(n::text) OFFSET 0) v', 'in another order');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT matches(explained('SELECT journey.touch(ts, page_url, referrer, own_hosts) FROM visits'), 'Workers Launched: [12]', 'parallel workers make touches');
SELECT is_empty('SELECT n, touch FROM touches EXCEPT SELECT n, journey.touch(ts, page_url, referrer, own_hosts) FROM visits', 'the same ones');
SELECT is_empty('SELECT n, (touch).channel FROM touches WHERE touch IS DISTINCT FROM NULL EXCEPT SELECT n, journey.channel((touch).source, (touch).medium, (touch).campaign, (touch).referrer, (touch).click_id, (touch).landing_page) FROM touches', 'channel() gives the channel of each touch');
SET max_parallel_workers_per_gather = 0;
SELECT is_empty('SELECT n FROM touches JOIN visits USING (n) WHERE (touch IS DISTINCT FROM NULL) <> (page_url ~ ''utm_source|gclid'' OR coalesce(referrer, '''') = '''' OR NOT
    (journey.site(journey.url_host(referrer)) = ''example.com'' OR coalesce(journey.site(journey.url_host(referrer)) = ANY (SELECT journey.site(h) FROM unnest(own_hosts) h), false)))',
  'plain SQL says the same of what is no touch, own hosts changing from row to row');
SELECT is_empty('SELECT n FROM touches JOIN visits USING (n) WHERE touch IS DISTINCT FROM NULL AND ((touch).touched_at, (touch).landing_page, (touch).referrer) IS DISTINCT FROM (ts, page_url, nullif(referrer, ''''))', 'time, page and referrer as given');
SELECT is_empty('SELECT n FROM touches JOIN visits USING (n) WHERE page_url ~ ''utm_source'' AND (touch).source IS DISTINCT FROM substring(page_url FROM ''utm_source=([^&]*)'')', 'sources as given');

-- What users add is seen by the next query, in PL/pgSQL by the next statement
BEGIN;
SELECT is(journey.channel('partner-7', NULL), 'Unassigned');
INSERT INTO journey.channel_rules (position, channel, source) VALUES (1, 'Partners', '{partner-*}');
SELECT is(journey.channel('partner-7', NULL), 'Partners', 'a rule');
DO $$ BEGIN
  DELETE FROM journey.channel_rules WHERE NOT shipped;
  IF journey.channel('partner-7', NULL) <> 'Unassigned' THEN RAISE 'still there'; END IF;
  INSERT INTO journey.channel_rules (position, channel, source, medium) VALUES (150, 'B', '{z}', '{*}'), (150, 'A', '{z}', NULL), (50, 'Direct traffic', '{(direct)}', NULL);
  IF journey.channel('z', 'cpc') <> 'A' THEN RAISE 'not by name'; END IF;
END $$;
SELECT is(journey.channel('z', 'cpc'), 'A', 'equal positions go by the name of the channel');
SELECT is(journey.channel(NULL, NULL), 'Direct traffic', 'a rule can replace a shipped one');
INSERT INTO journey.channel_rules (position, channel, referrer, click_id) VALUES (2, 'Forum', '{forum.*}', NULL), (3, 'Any click', NULL, '{*clid}');
SELECT is(journey.channel('q', 'email', referrer => 'https://Forum.example.com/x'), 'Forum', 'a rule on the referrer''s host');
SELECT is(journey.channel('q', 'email', click_id => 'fbclid=x'), 'Any click', 'a rule on the click id''s name');
SELECT is((journey.touch('2026-01-01', 'https://a.com/?utm_source=q&utm_medium=email&fbclid=x')).channel, 'Any click', 'in a touch, too');
ROLLBACK;

-- A statement that PL/pgSQL keeps sees a change of the same transaction, as a table read by a STABLE function is seen.
CREATE FUNCTION kept_channel(source text) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN journey.channel($1, NULL); END';
CREATE FUNCTION kept_touch(page_url text, referrer text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (journey.touch('2026-01-01', page_url, referrer, '{own.example}')).source; END $$;
CREATE FUNCTION kept_medium(referrer text) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (journey.referrer_source($1)).medium; END';
BEGIN;
CREATE TABLE seen AS SELECT 0 AS step, kept_channel('ours') AS channel, kept_touch('https://a.com/?from=b', 'https://www.own.example/') AS touch, kept_medium('https://search.example/') AS medium;
INSERT INTO journey.channel_rules (position, channel, source) VALUES (1, 'Ours', '{ours}');
INSERT INTO journey.touch_params (name, field) VALUES ('from', 'source');
INSERT INTO journey.sources (source, category, names) VALUES ('our search', 'search', '{search.example}');
INSERT INTO seen SELECT 1, kept_channel('ours'), kept_touch('https://a.com/?from=b', 'https://www.own.example/'), kept_medium('https://search.example/');
UPDATE journey.channel_rules SET channel = 'Mine' WHERE NOT shipped;
UPDATE journey.sources SET category = 'social' WHERE NOT shipped;
INSERT INTO seen SELECT 2, kept_channel('ours'), kept_touch('https://a.com/?from=b', 'https://www.own.example/'), kept_medium('https://search.example/');
SAVEPOINT before;
DELETE FROM journey.channel_rules WHERE NOT shipped;
INSERT INTO seen SELECT 3, kept_channel('ours'), NULL, NULL;
ROLLBACK TO before;
SELECT results_eq('TABLE seen UNION ALL SELECT 4, kept_channel(''ours''), NULL, NULL ORDER BY step', $$VALUES (0, 'Unassigned', NULL, 'referral'), (1, 'Ours', 'b', 'search'), (2, 'Mine', 'b', 'social'), (4, 'Mine', NULL, NULL)$$, 'a kept statement sees each change, and its undoing');
ROLLBACK;
SELECT is(kept_channel('ours'), 'Unassigned', 'and the end of it all');

-- What rules can look at: the path of the referrer, the landing page
BEGIN;
INSERT INTO journey.channel_rules (position, channel, referrer, referrer_path, landing_page) VALUES (1, 'Docs', '{wiki.example.org}', '{/docs/*}', NULL), (2, 'Sale', NULL, NULL, '{*/sale/*}');
INSERT INTO journey.sources (source, category, names) VALUES ('their blog', 'social', '{partner.example/blog}');
SELECT results_eq($$SELECT (journey.touch('2026-01-01', page, referrer)).channel FROM (VALUES (1, 'https://a.com/', 'https://wiki.example.org/Docs/x?y'), (2, 'https://a.com/', 'https://wiki.example.org/'), (3, 'https://a.com/Sale/1?utm_medium=cpc', NULL),
  (4, 'https://a.com/', 'https://www.partner.example/blog/1'), (5, 'https://a.com/', 'https://www.partner.example/blogs')) AS v (n, page, referrer) ORDER BY n$$,
  $$VALUES ('Docs'), ('Referral'), ('Sale'), ('Organic Social'), ('Referral')$$, 'rules and sources by path and landing page');
SELECT is(journey.channel('x', 'cpc', landing_page => 'https://a.com/sale/'), 'Sale', 'in channel(), too');
ROLLBACK;

-- The same kinds as people reported them
SELECT is_empty($$SELECT m, t FROM unnest('{pmax,search,ads,google_ads,sem,social,video}'::text[]) AS m, journey.touch('2026-01-01', 'https://a.com/?utm_source=google&gclid=x&utm_medium=' || m) AS t WHERE t.channel <> 'Paid Search'$$, 'a click id of ads makes an ad');
SELECT results_eq($$SELECT medium, (journey.touch('2026-01-01', 'https://a.com/?utm_source=google&gclid=x&utm_medium=' || medium)).channel FROM unnest('{email,affiliate,sms,organic,referral,web-push}'::text[]) WITH ORDINALITY AS m (medium, n) ORDER BY n$$,
  $$VALUES ('email', 'Email'), ('affiliate', 'Affiliates'), ('sms', 'SMS'), ('organic', 'Organic Search'), ('referral', 'Referral'), ('web-push', 'Mobile Push Notifications')$$, 'but for media that name another channel');
SELECT is_empty($$SELECT host, t FROM unnest('{www.googleadservices.com,googleads.g.doubleclick.net,yabs.yandex.ru,an.yandex.ru,pagead2.googlesyndication.com,syndicatedsearch.goog,aax.amazon-adsystem.com,trc.taboola.com}'::text[]) AS host,
  journey.touch('2026-01-01', 'https://a.com/', 'https://' || host || '/') AS t WHERE t.channel NOT LIKE 'Paid%' AND t.channel <> 'Display'$$, 'servers of ads are ads');
SELECT is_empty($$SELECT host FROM unnest('{deref-gmx.net,lightmailer-bap.gmx.net,3c-bap.web.de,deref-web.de,deref-mail.com,deref-1und1-02.de,mailbusiness.ionos.de,email.ionos.fr,wmail.orange.fr,rich-v02.bluewin.ch,webmail.tim.it,mail.vodafone.de,mail.infomaniak.com,webmail.example.org}'::text[]) AS host
  WHERE (journey.touch('2026-01-01', 'https://a.com/', 'https://' || host || '/')).channel <> 'Email'$$, 'webmail');
SELECT is_empty($$SELECT url FROM unnest('{https://www.afterpay.com/en-AU/stores,https://www.klarna.com,https://apps.shopify.com}'::text[]) AS url WHERE (journey.touch('2026-01-01', 'https://a.com/', url)).channel IS DISTINCT FROM 'Organic Shopping'$$, 'sites of payment services are contacts');
SELECT is_empty($$SELECT url FROM unnest('{https://portal.afterpay.com/x,https://pay.klarna.com/,https://checkout.shopify.com/,https://www.paypal.com/,https://checkout.stripe.com/pay}'::text[]) AS url WHERE (journey.touch('2026-01-01', 'https://a.com/', url)).source IS NOT NULL$$, 'their checkouts are none');
SELECT is((journey.touch('2026-01-01', 'https://a.com/', 'https://web.de/')).channel, 'Referral', 'a name is no host');

-- As an ordinary user, with any search_path
CREATE SCHEMA hostile;
CREATE TABLE hostile.sources AS SELECT 1 AS nothing;
CREATE ROLE channels_reader;
SET search_path = hostile, public;
SET ROLE channels_reader;
SELECT journey.channel(NULL, NULL, referrer => 'https://www.google.com/') AS readers_channel \gset
RESET ROLE;
RESET search_path;
SELECT is(:'readers_channel'::text, 'Organic Search', 'an ordinary user may');
SELECT ok(NOT has_table_privilege('channels_reader', t, 'INSERT, UPDATE, DELETE'), 'but not change ' || t) FROM unnest('{journey.sources,journey.touch_params,journey.channel_rules}'::text[]) AS t;
DROP ROLE channels_reader;

-- Large and hostile input
SELECT throws_ok($$SELECT journey.touch('2026-01-01', 'https://a.com/', 'https://b.com/', '{a.com,https://b.com/}')$$, '22023', 'own_hosts must hold hosts, not "https://b.com/"', 'an own host that is a URL');
SELECT is(journey.url_param('https://a.com/?' || string_agg('name' || n || '=' || n, '&'), 'name100000'), '100000', '100,000 parameters') FROM generate_series(1, 100000) n;
SELECT is(journey.url_host('https://a.com/' || repeat('x', 1048576)), 'a.com', 'a URL of 1 MB');
SELECT is(length((journey.touch('2026-01-01', 'https://a.com/?utm_campaign=' || repeat('%41', 1048576))).campaign), 1048576, 'a campaign of 1 MB');
SELECT is((journey.touch('2026-01-01', 'https://a.com/', 'https://' || repeat('x.', 510) || 'com/')).medium, 'referral', 'a host of 1,023 bytes');
SELECT is((journey.touch('2026-01-01', 'https://a.com/', 'https://' || repeat('x.', 512) || 'com/')).medium, '(none)', 'a longer one is none');
SELECT is((journey.touch('2026-01-01', 'https://a.com/?utm_source=a&' || repeat('x', 1 << 24), 'https://b.com/')).source, 'b.com', 'a URL of more than 16 MB is none');
SELECT throws_like(format('SELECT journey.touch(''2026-01-01'', ''https://a.com/'', NULL, array[%L])', repeat('x', 1025)), 'own_hosts must hold hosts%', 'an own host that is too long');
BEGIN;
INSERT INTO journey.channel_rules (position, channel, campaign) VALUES (1, 'Slow', ARRAY['*' || repeat('a', 20000) || 'b']);
\ir support/cancel.sql
SET LOCAL statement_timeout = '1s';
SELECT is(cancelled($$SELECT journey.channel('a', 'b', repeat('a', 1000000))$$), '57014', 'a long match can be cancelled');
SELECT is(cancelled($$SELECT journey.touch('2026-01-01', 'https://a.com/?utm_campaign=' || repeat('a', 1000000))$$), '57014', 'in a touch, too');
ROLLBACK;
SELECT is_empty($$SELECT n FROM (SELECT n, journey.url_param('https://a.com/?a=' || string_agg('%' || lpad(to_hex((random() * 255)::int), 2, '0'), ''), 'a') AS value FROM generate_series(1, 2000) n, generate_series(1, 8) GROUP BY n) v
  WHERE convert_from(convert_to(value, 'UTF8'), 'UTF8') <> value OR length(value) = 0$$, 'escapes of random bytes give valid text');
SELECT is_empty($$SELECT n FROM generate_series(1, 255) n WHERE journey.url_param('https://a.com/?a=%' || lpad(to_hex(n), 2, '0'), 'a') <> CASE WHEN n < 128 THEN chr(n) ELSE '%' || lpad(to_hex(n), 2, '0') END$$, 'a byte alone');
SELECT is_empty($$SELECT n FROM (SELECT n FROM generate_series(128, 1114111, 97) n WHERE n NOT BETWEEN 55296 AND 57343) v
  WHERE journey.url_param('https://a.com/?a=' || regexp_replace(encode(convert_to(chr(n), 'UTF8'), 'hex'), '(..)', '%\1', 'g'), 'a') <> chr(n)$$, 'every kind of character');

SELECT * FROM finish();
