-- Room: channels. Needs: none

CREATE TYPE journey.touch AS (
  touched_at timestamptz,
  source text,
  medium text,
  campaign text,
  term text,
  content text,
  channel text,
  referrer text,
  landing_page text,
  click_id text
);
COMMENT ON TYPE journey.touch IS
  'One marketing contact: when, its source, medium, campaign, term and content, the channel these belong to, the referrer and the landing page as given, and the click id as name=value';

CREATE TYPE journey.touch_kind AS ENUM ('any', 'non_direct', 'paid');
COMMENT ON TYPE journey.touch_kind IS
  'Which touches count: any; non_direct, all but (direct) / (none); paid, those of a paid channel';

-- URLs

CREATE FUNCTION journey.url_host(url text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_url_host';
COMMENT ON FUNCTION journey.url_host(text) IS
  'Host of a URL as browsers read it (url.spec.whatwg.org): lower-case, without user and port; names beyond ASCII as given; NULL for what is no URL or has no host';

CREATE FUNCTION journey.url_path(url text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_url_path';
COMMENT ON FUNCTION journey.url_path(text) IS
  'Path of a URL as written, without parameters and fragment; NULL for what is no URL';

CREATE FUNCTION journey.url_param(url text, name text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_url_param';
COMMENT ON FUNCTION journey.url_param(text, text) IS
  'Decoded value of the first parameter of that name in a URL; empty where it has no value, NULL where there is none; an escape that would not give valid text stays as written';

CREATE FUNCTION journey.site(host text) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'journey_site';
COMMENT ON FUNCTION journey.site(text) IS
  'Registrable domain of a host by the public suffix list (publicsuffix.org, the copy in libpsl): example.co.uk for www.example.co.uk; NULL for a public suffix itself, an address, a single label';

-- What makes a touch: data, shipped rows and the users' own. Only the users' own are dumped.

CREATE TABLE journey.sources (
  source text NOT NULL CHECK (source <> ''),
  category text CHECK (category <> ''),
  names text[] NOT NULL DEFAULT '{}' CONSTRAINT names_are_no_urls CHECK (array_to_string(names, ' ') NOT LIKE '%://%'),
  term_params text[] NOT NULL DEFAULT '{}',
  shipped boolean NOT NULL DEFAULT false,
  CONSTRAINT lists CHECK (1 >= ALL (ARRAY[array_ndims(names), array_ndims(term_params)]))
);
COMMENT ON TABLE journey.sources IS
  'Known sources, such as search engines and social networks. '
  'Rows of your own go ahead of the shipped ones; shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.sources.source IS
  'The name that touches carry; also one of its names, never a host';
COMMENT ON COLUMN journey.sources.category IS
  'search, social, video, shopping, email, ai, local, or a word of your own for your rules. '
  'ad: a server of ads; a contact by it is an ad of the source, never organic. '
  'excluded: a step on the way, such as a payment or a login, never a contact. '
  'NULL: nothing special';
COMMENT ON COLUMN journey.sources.names IS
  'What it is known by. '
  'Hosts, each with all hosts below it; '
  '*.host for those below alone; '
  'label.* for that label before any registry''s suffix, as in google.*; '
  'each may have a path, as in google.*/maps, with all below it, / being the front page alone. '
  'Other patterns of a whole host, as in deref-*. '
  'Plain names without a dot, as campaigns give them, however their words are joined. '
  'The longest match wins, patterns come last';
COMMENT ON COLUMN journey.sources.term_params IS
  'The parameters of its URLs that hold what was searched for, in their own case; the first that has a value counts';
COMMENT ON COLUMN journey.sources.shipped IS 'Comes with the extension: leave it false';

CREATE TABLE journey.touch_params (
  name text NOT NULL CHECK (name <> ''),
  field text NOT NULL CHECK (field IN ('source', 'medium', 'campaign', 'term', 'content', 'click_id', 'referrer')),
  source text,
  medium text,
  position int NOT NULL DEFAULT 0,
  shipped boolean NOT NULL DEFAULT false,
  PRIMARY KEY (name, shipped),
  CONSTRAINT click_id_has_source_and_medium CHECK (field <> 'click_id' OR (source IS NOT NULL AND medium IS NOT NULL))
);
COMMENT ON TABLE journey.touch_params IS
  'The parameters of a page''s URL that tell of a touch. '
  'Shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.touch_params.name IS 'Name of the parameter, in any case';
COMMENT ON COLUMN journey.touch_params.field IS
  'What it tells: a field of the touch; click_id, which also names its network; or referrer, the site that sent the reader, believed only where nothing else tells';
COMMENT ON COLUMN journey.touch_params.source IS 'Of a click id: the source it stands for';
COMMENT ON COLUMN journey.touch_params.medium IS 'Of a click id: the medium it stands for';
COMMENT ON COLUMN journey.touch_params.position IS
  'Where several parameters tell the same, the lowest position wins. '
  'Shipped: 100 and up';
COMMENT ON COLUMN journey.touch_params.shipped IS 'Comes with the extension: leave it false';

CREATE TABLE journey.channel_rules (
  position int NOT NULL,
  channel text NOT NULL CHECK (channel <> ''),
  source text[],
  category text[],
  medium text[],
  campaign text[],
  click_id text[],
  referrer text[],
  referrer_path text[],
  landing_page text[],
  shipped boolean NOT NULL DEFAULT false,
  CONSTRAINT lists CHECK (1 >= ALL (ARRAY[array_ndims(source), array_ndims(category), array_ndims(medium),
    array_ndims(campaign), array_ndims(click_id), array_ndims(referrer), array_ndims(referrer_path), array_ndims(landing_page)]))
);
COMMENT ON TABLE journey.channel_rules IS
  'Channel rules: the first that holds gives the channel. '
  'A rule holds where each of its fields matches one of its patterns; a NULL field does not matter. '
  'In a pattern * is any run of characters, [a-z] one of these, [!a-z] one of the others; the empty pattern matches what is absent. '
  'Compared trimmed and in lower case. '
  'Shipped rows come with the extension and are not dumped';
COMMENT ON COLUMN journey.channel_rules.position IS
  'Rules hold in this order. '
  'Shipped: 100 and up, in steps of 100';
COMMENT ON COLUMN journey.channel_rules.channel IS 'The channel that the rule gives';
COMMENT ON COLUMN journey.channel_rules.source IS 'Patterns of the source';
COMMENT ON COLUMN journey.channel_rules.category IS 'Patterns of the source''s category in journey.sources';
COMMENT ON COLUMN journey.channel_rules.medium IS 'Patterns of the medium';
COMMENT ON COLUMN journey.channel_rules.campaign IS 'Patterns of the campaign';
COMMENT ON COLUMN journey.channel_rules.click_id IS 'Patterns of the click id''s name, such as gclid';
COMMENT ON COLUMN journey.channel_rules.referrer IS 'Patterns of the referrer''s host';
COMMENT ON COLUMN journey.channel_rules.referrer_path IS 'Patterns of the referrer''s path, such as /maps*';
COMMENT ON COLUMN journey.channel_rules.landing_page IS
  'Patterns of the landing page''s host and path in one, such as shop.example.com/* or */sale/*';
COMMENT ON COLUMN journey.channel_rules.shipped IS 'Comes with the extension: leave it false';

GRANT SELECT ON journey.sources, journey.touch_params, journey.channel_rules TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('journey.sources', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('journey.touch_params', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('journey.channel_rules', 'WHERE NOT shipped');

-- Touches and channels

CREATE FUNCTION journey.touch(ts timestamptz, page_url text, referrer text DEFAULT NULL, own_hosts text[] DEFAULT '{}') RETURNS journey.touch
  LANGUAGE c STABLE PARALLEL SAFE COST 50
  AS 'MODULE_PATHNAME', 'journey_touch';
COMMENT ON FUNCTION journey.touch(timestamptz, text, text, text[]) IS
  'The touch that a page view is: its campaign parameters or click id, else its referrer, else (direct) / (none). '
  'NULL for a move within the own sites (the page''s and those of own_hosts) or back from an excluded source, without a campaign; NULL where ts or page_url is NULL. '
  'An error where own_hosts holds a URL or a host with a port. '
  'Parameters, sources and rules: journey.touch_params, journey.sources, journey.channel_rules';

CREATE FUNCTION journey.channel(source text, medium text, campaign text DEFAULT NULL, referrer text DEFAULT NULL, click_id text DEFAULT NULL, landing_page text DEFAULT NULL) RETURNS text
  LANGUAGE c STABLE PARALLEL SAFE COST 20
  AS 'MODULE_PATHNAME', 'journey_channel';
COMMENT ON FUNCTION journey.channel(text, text, text, text, text, text) IS
  'Channel by the first rule of journey.channel_rules that holds; the shipped rules are Google Analytics 4''s default channel group (support.google.com/analytics/answer/9756891). '
  'An absent source or medium is taken from the click id (name=value), else the referrer''s URL, else (direct) / (none). '
  'Never NULL; Unassigned where no rule holds';

CREATE FUNCTION journey.referrer_source(referrer text, OUT medium text, OUT source text, OUT term text) RETURNS record
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20
  AS 'MODULE_PATHNAME', 'journey_referrer_source';
COMMENT ON FUNCTION journey.referrer_source(text) IS
  'What a referrer''s URL tells: medium, the source''s category in journey.sources (search, social, video, shopping, email, ai, local, ad, excluded) or referral; '
  'source, its name or the host without www.; '
  'term, what was searched for, where known. '
  'NULL for what is no URL with a host';

CREATE FUNCTION journey.source_name(source text) RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE COST 20
  AS 'MODULE_PATHNAME', 'journey_source_name';
COMMENT ON FUNCTION journey.source_name(text) IS
  'The one name of a source, however a campaign or a tracker writes it: facebook for FB, m.facebook.com or https://facebook.com/. '
  'A source in journey.sources gives its name, another URL or host the host without www., any other text itself in lower case. '
  'NULL for what is absent';
