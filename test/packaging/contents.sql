-- What a user's database may hold of the extension: it must survive dump and restore, with the same answers.

-- Own rows beside the shipped ones.
INSERT INTO journey.channel_rules (position, channel, medium) VALUES (1, 'Shop Window', '{window}');
INSERT INTO journey.sources (category, source, names) VALUES ('search', 'our search', '{search.packaging.example}');
INSERT INTO journey.touch_params (name, field) VALUES ('ours', 'source');

-- Columns of every type, a generated column, an index, a constraint.
CREATE TABLE page_views (
  visitor text,
  ts timestamptz,
  url text CHECK (journey.url_host(url) IS NOT NULL),
  host text GENERATED ALWAYS AS (journey.url_host(url)) STORED
);
CREATE INDEX ON page_views (journey.url_param(url, 'utm_source'));
INSERT INTO page_views
SELECT 'visitor ' || n % 7, timestamptz '2025-01-01 00:00+00' + n * interval '11 minutes', 'https://shop.example/?utm_medium=window&ours=a&n=' || n
FROM generate_series(1, 200) n;

CREATE TABLE journeys (
  visitor text,
  trail journey.trail,
  touch journey.touch,
  kind journey.touch_kind DEFAULT 'paid',
  model journey.attribution_model DEFAULT 'last',
  mode journey.alias_mode DEFAULT 'connected',
  rule journey.session_rule DEFAULT journey.session_rule('1 hour', day_boundary => 'Europe/Berlin'),
  value journey.rfm_value
);
INSERT INTO journeys (visitor, trail, touch, value)
SELECT visitor, journey.trail(ts, '1 hour', journey.touch(ts, url)), journey.touch(min(ts), min(url)), journey.rfm(ts, 1.50)
FROM page_views GROUP BY visitor;
CREATE INDEX ON journeys USING hash (trail);

-- A pipeline with a source, whose changes are marked.
SELECT journey.create_pipeline('web', 'public');
SELECT count(*) FROM journey.add_source('web', 'page_views', ts => 'ts', anonymous_id => 'visitor', page_url => 'url');
UPDATE page_views SET visitor = 'visitor 8' WHERE ts = '2025-01-01 00:11+00';

-- A view and a materialised view.
CREATE VIEW numbered AS
SELECT *, journey.sessionize(ts) OVER (PARTITION BY visitor ORDER BY ts) AS session_number FROM page_views;
CREATE MATERIALIZED VIEW whole AS SELECT journey.rollup(trail) AS trail FROM journeys;

CREATE VIEW answers AS
SELECT 'journey' AS of, j::text AS answer FROM journeys j
UNION ALL SELECT 'session', s::text FROM whole, journey.sessions(trail) s
UNION ALL SELECT 'number', n::text FROM numbered n
UNION ALL SELECT 'channel', journey.channel('anything', 'window')
UNION ALL SELECT 'referrer', journey.referrer_source('https://search.packaging.example/')::text
UNION ALL SELECT 'parameter', (journey.touch('2025-01-01 00:00+00', 'https://shop.example/?ours=parameter')).source
UNION ALL SELECT 'pipeline', p.name || ' ' || s.relation || ' ' || s.ts FROM journey.pipelines p JOIN journey.pipeline_sources s ON s.pipeline = p.id
UNION ALL SELECT 'mark', row::text FROM web_g1_stale
UNION ALL SELECT 'shipped', count(*)::text FROM journey.sources
ORDER BY 1, 2;
