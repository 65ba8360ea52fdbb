-- touch and referrer_source against the referrer cases of segmentio/inbound: what kind of referrer, by which name,
-- searched for what, and which campaign.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SELECT plan(5);

CREATE TEMP TABLE cases AS
SELECT number::int, nullif(c->>'url', '') AS url, c->>'referrer' AS referrer, r->>'type' AS type,
       coalesce(r->>'engine', r->>'network', r->>'client', r->>'site') AS name, r->>'query' AS query, c->'result'->'campaign' AS campaign
FROM jsonb_array_elements(pg_read_file(:'shared' || '/segment_inbound/referrers.json')::jsonb) WITH ORDINALITY AS t(c, number),
     LATERAL (SELECT c->'result'->'referrer' AS r) AS expected;
SELECT is(count(*), 60::bigint, 'all cases are read') FROM cases;

CREATE TEMP TABLE ours AS
SELECT number, touch, CASE WHEN touch IS NULL THEN 'internal' WHEN s.medium IS NULL THEN 'direct' WHEN s.medium = 'referral' THEN 'link' ELSE s.medium END AS type,
       CASE WHEN s.medium <> 'referral' THEN s.source END AS name, s.term AS query
FROM cases, journey.touch('2026-01-01', coalesce(url, 'https://example.com/'), cases.referrer) AS touch, journey.referrer_source(cases.referrer) AS s;

-- Every case that comes out otherwise, and why.
SELECT results_eq(
  'SELECT number, type FROM cases JOIN ours USING (number, type)',
  'SELECT number, type FROM cases WHERE number NOT IN (22, 34, 35, 36, 42, 47, 54, 58, 59)',
  'the kind of referrer, but for the cases below');
SELECT results_eq('SELECT number, cases.type, ours.type FROM cases JOIN ours USING (number) WHERE cases.type <> ours.type ORDER BY number', $$VALUES
  (22, 'unknown', 'direct'),   -- DIRECT is no URL, so it tells nothing
  (34, 'link', 'internal'),    -- another host of the page's own site: google.com
  (35, 'link', 'internal'),    -- the same, enoughtobedanger.us; a misspelt scheme does not matter
  (36, 'link', 'internal'),    -- the same, stripe.com
  (42, 'email', 'internal'),   -- the same, google.com
  (47, 'local', 'social'),     -- yelp and foursquare are communities, as Google has them
  (54, 'local', 'social'),
  (58, 'ad', 'search'),        -- that it was an ad is told by the campaign (cpc), not by the referrer
  (59, 'ad', 'search')$$, 'each other kind');

SELECT results_eq(
  $$SELECT number, cases.name, ours.name FROM cases JOIN ours USING (number) WHERE cases.type = ours.type AND (cases.name, cases.query) IS DISTINCT FROM (ours.name, ours.query) AND cases.type <> 'internal' ORDER BY number$$,
  $$VALUES (23, 'yahoo', 'yahoo mail'), (24, 'yahoo', 'yahoo mail'), (38, 'yahoo', 'yahoo mail'), (43, 'hotmail', 'outlook'),
           (44, 'naver', 'naver mail'), (45, 'daum', 'daum mail'),
           (46, 'bing', 'bing local'), (48, 'yahoo', 'yahoo local'), (49, 'yahoo', 'yahoo local'),
           (50, 'yellowpages', 'yellowpages') -- searched for in the path
$$,
  'names and search terms are the same, but that a mail service or a guide has a name of its own');

SELECT is_empty($$SELECT number FROM cases JOIN ours USING (number) WHERE campaign IS NOT NULL AND jsonb_set(campaign, '{source}', to_jsonb(journey.source_name(campaign->>'source'))) <> jsonb_strip_nulls(jsonb_build_object(
    'source', journey.source_name((touch).source), 'medium', (touch).medium, 'campaign', (touch).campaign, 'term', (touch).term))$$,
  'every campaign; its content is not among their results');

SELECT * FROM finish();
