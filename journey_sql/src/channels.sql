-- What makes a touch, made ready for look-ups. journey.sources, touch_params and channel_rules are the truth; where one has
-- changed, a trigger writes the tables here anew.

CREATE TABLE journey.source_names (
  kind text NOT NULL,
  name text COLLATE "C" NOT NULL,
  path text,
  position int NOT NULL,
  source text NOT NULL,
  category text NOT NULL,
  term_params text[] NOT NULL
);
CREATE INDEX source_names_by_name ON journey.source_names (kind, name);
COMMENT ON TABLE journey.source_names IS 'Internal: the names of journey.sources';

CREATE TABLE journey.param_names (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  position int NOT NULL,
  field text NOT NULL,
  source text NOT NULL,
  medium text NOT NULL
);
COMMENT ON TABLE journey.param_names IS 'Internal: the names of journey.touch_params, in the order in which those that tell the same win';

CREATE TABLE journey.rule_patterns (
  position int NOT NULL PRIMARY KEY,
  channel text NOT NULL,
  source text[], category text[], medium text[], campaign text[],
  click_id text[], referrer text[], referrer_path text[], landing_page text[],
  classes text[] NOT NULL
);
COMMENT ON TABLE journey.rule_patterns IS
  'Internal: the patterns of journey.channel_rules, as those of LIKE; those that have a class of characters, as a regular expression for each field';

GRANT SELECT ON journey.source_names, journey.param_names, journey.rule_patterns TO PUBLIC;

CREATE FUNCTION journey.like_patterns(patterns text[]) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN patterns IS NOT NULL THEN ARRAY(
    SELECT replace(regexp_replace(journey.ascii_lower(journey.trimmed(pattern)), '([\\%_])', '\\\1', 'g'), '*', '%')
    FROM unnest(patterns) AS pattern WHERE pattern !~ '\[[^\]]+\]') END;
COMMENT ON FUNCTION journey.like_patterns(text[]) IS 'Internal: the patterns without classes of characters, as those of LIKE';

CREATE FUNCTION journey.regular_expression(patterns text[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (
    SELECT '^(' || string_agg(
      (SELECT string_agg(CASE WHEN part[1] IS NOT NULL THEN '.*' WHEN part[2] IS NOT NULL THEN regexp_replace(part[2], '^\[!', '[^')
          ELSE regexp_replace(part[3], '([^a-z0-9])', '\\\1', 'g') END, '' ORDER BY number)
        FROM regexp_matches(journey.ascii_lower(journey.trimmed(pattern)), '(\*+)|(\[[^\]]+\])|(.)', 'g') WITH ORDINALITY AS list (part, number)), '|') || ')$'
    FROM unnest(patterns) AS pattern WHERE pattern ~ '\[[^\]]+\]');
COMMENT ON FUNCTION journey.regular_expression(text[]) IS 'Internal: the patterns that have classes of characters, as one regular expression';

CREATE FUNCTION journey.joined(name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN octet_length(name) > 256 THEN name ELSE translate(name, ' -_', '') END;
COMMENT ON FUNCTION journey.joined(text) IS 'Internal: a name without what joins its words';

CREATE FUNCTION journey.read_rules() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  LOCK TABLE journey.source_names IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM journey.source_names;
  INSERT INTO journey.source_names (kind, name, path, position, source, category, term_params)
  SELECT kind, CASE kind WHEN 'name' THEN journey.joined(name) WHEN 'pattern' THEN (journey.like_patterns(ARRAY[name]))[1] ELSE split_part(name, '/', 1) END,
    CASE WHEN kind = 'host' AND strpos(name, '/') > 0 THEN coalesce(nullif(rtrim(substr(name, strpos(name, '/')), '/'), ''), '/') END,
    row_number() OVER (ORDER BY known.position, number), source, category, term_params
  FROM (
    SELECT row_number() OVER (ORDER BY shipped, category IS NOT DISTINCT FROM 'ad', source COLLATE "C") AS position,
      journey.ascii_lower(journey.trimmed(source)) AS source, coalesce(journey.ascii_lower(journey.trimmed(category)), '') AS category, names, term_params
    FROM journey.sources
  ) AS known,
    LATERAL (
      SELECT number, journey.ascii_lower(journey.trimmed(given)) AS name FROM unnest(names) WITH ORDINALITY AS list (given, number)
      UNION ALL SELECT cardinality(names) + 1, source
    ) AS named,
    LATERAL (SELECT CASE WHEN number > cardinality(names) THEN 'name'
      WHEN regexp_replace(split_part(name, '/', 1), '^\*\.|\.\*$', '', 'g') ~ '[*[]' THEN 'pattern'
      WHEN strpos(name, '.') = 0 THEN 'name' ELSE 'host' END) AS of (kind);

  DELETE FROM journey.param_names;
  INSERT INTO journey.param_names (name, position, field, source, medium)
  SELECT DISTINCT ON (name) name, position, field, source, medium
  FROM (
    SELECT journey.ascii_lower(journey.trimmed(name)) AS name, row_number() OVER (ORDER BY position, shipped, name COLLATE "C") AS position, field,
      coalesce(journey.ascii_lower(journey.trimmed(source)), '') AS source, coalesce(journey.ascii_lower(journey.trimmed(medium)), '') AS medium
    FROM journey.touch_params
  ) AS known
  ORDER BY name, position;

  DELETE FROM journey.rule_patterns;
  INSERT INTO journey.rule_patterns
  SELECT row_number() OVER (ORDER BY position, shipped, channel COLLATE "C"), channel,
    journey.like_patterns(source), journey.like_patterns(category), journey.like_patterns(medium), journey.like_patterns(campaign),
    journey.like_patterns(click_id), journey.like_patterns(referrer), journey.like_patterns(referrer_path), journey.like_patterns(landing_page),
    ARRAY[journey.regular_expression(source), journey.regular_expression(category), journey.regular_expression(medium), journey.regular_expression(campaign),
      journey.regular_expression(click_id), journey.regular_expression(referrer), journey.regular_expression(referrer_path), journey.regular_expression(landing_page)]
  FROM journey.channel_rules;
  ANALYZE journey.source_names, journey.param_names, journey.rule_patterns;  -- small tables are scanned where nothing is known of them
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION journey.read_rules() IS 'Trigger of journey.sources, journey.touch_params and journey.channel_rules: makes their rows ready for look-ups';

CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.sources
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();
CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.touch_params
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();
CREATE TRIGGER read_rules AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.channel_rules
  FOR EACH STATEMENT EXECUTE FUNCTION journey.read_rules();

-- Known sources

CREATE TYPE journey.known_source AS (source text, category text, term_params text[]);
COMMENT ON TYPE journey.known_source IS 'Internal: a row of journey.sources; category is empty for nothing special';

CREATE FUNCTION journey.source_named(name text) RETURNS journey.known_source
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  known journey.known_source;
BEGIN
  SELECT n.source, n.category, n.term_params INTO known FROM journey.source_names AS n
  WHERE n.name = journey.joined(source_named.name) AND n.kind = 'name' ORDER BY n.position LIMIT 1;
  RETURN known;
END
$$;
COMMENT ON FUNCTION journey.source_named(text) IS 'Internal: the source of a name, NULL for none';

CREATE FUNCTION journey.source_at(host text, path text) RETURNS journey.known_source
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  known journey.known_source;
  own text := CASE WHEN host LIKE '%.' THEN left(host, -1) ELSE host END;
  labels text[] := string_to_array(own, '.');
  count int := cardinality(labels);
  site_labels int := coalesce(cardinality(string_to_array(journey.site(own), '.')), 0);
  starred boolean := site_labels > 0 AND journey.is_registry_suffix(array_to_string(labels[count - site_labels + 2:], '.'));
  keys text[] := '{}';
BEGIN
  IF octet_length(host) > 256 THEN
    RETURN NULL;
  END IF;
  FOR i IN 1..count LOOP  -- the longest first
    keys := keys || array_to_string(labels[i:], '.');
    IF starred AND i <= count - site_labels + 1 THEN
      keys := keys || (array_to_string(labels[i:count - site_labels + 1], '.') || '.*');
    END IF;
    IF i < count THEN
      keys := keys || ('*.' || array_to_string(labels[i + 1:], '.'));
    END IF;
  END LOOP;
  SELECT n.source, n.category, n.term_params INTO known
  FROM unnest(keys) WITH ORDINALITY AS key (name, rank) JOIN journey.source_names AS n ON n.name = key.name AND n.kind = 'host'
  WHERE n.path IS NULL OR CASE n.path WHEN '/' THEN coalesce(source_at.path, '') IN ('', '/')
    ELSE left(journey.ascii_lower(source_at.path), length(n.path)) = n.path AND substr(source_at.path, length(n.path) + 1, 1) IN ('', '/') END
  ORDER BY rank, n.path IS NULL, length(n.path) DESC, n.position LIMIT 1;
  IF NOT FOUND THEN
    SELECT n.source, n.category, n.term_params INTO known FROM journey.source_names AS n
    WHERE n.kind = 'pattern' AND own LIKE n.name ORDER BY n.position LIMIT 1;
  END IF;
  RETURN known;
END
$$;
COMMENT ON FUNCTION journey.source_at(text, text) IS 'Internal: the source of a page of a host, NULL for none; the longest match wins, patterns come last';

CREATE FUNCTION journey.category_of(known journey.known_source) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN (known).category = 'ad' THEN coalesce((journey.source_named((known).source)).category, 'ad') ELSE coalesce((known).category, '') END;
COMMENT ON FUNCTION journey.category_of(journey.known_source) IS
  'Internal: the category of a source; of an ad server, that of the brand whose ads it serves';

CREATE FUNCTION journey.ad_medium(known journey.known_source) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE journey.category_of(known) WHEN 'ad' THEN 'display' ELSE 'cpc' END;
COMMENT ON FUNCTION journey.ad_medium(journey.known_source) IS 'Internal: the medium of an ad server''s contact';

CREATE FUNCTION journey.sent_by(known journey.known_source, name text, OUT medium text, OUT source text) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
  medium := CASE known.category WHEN 'ad' THEN journey.ad_medium(known) WHEN 'search' THEN 'organic' WHEN 'ai' THEN 'ai-assistant'
    WHEN 'local' THEN 'referral' ELSE coalesce(nullif(known.category, ''), 'referral') END;
  source := coalesce(known.source, CASE WHEN name LIKE 'www.%' THEN substr(name, 5) ELSE name END);
END
$$;
COMMENT ON FUNCTION journey.sent_by(journey.known_source, text) IS 'Internal: medium and source of a touch that a source sent, or an unknown one of that name';

CREATE FUNCTION journey.unescaped(source text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN strpos(source, '%3A') > 0 OR strpos(source, '%3a') > 0 THEN journey.decoded(source, true) ELSE source END;
COMMENT ON FUNCTION journey.unescaped(text) IS 'Internal: a URL as a source may have been escaped once more than it should';

CREATE FUNCTION journey.look_up_name(source text, OUT known journey.known_source, OUT ad boolean, OUT url boolean) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  name text := journey.ascii_lower(journey.trimmed(journey.unescaped(source)));
  parsed record;
BEGIN
  IF octet_length(name) > 256 THEN
    name := substring(name FROM '^[^?#]*');
  END IF;
  known := journey.source_named(name);
  ad := known.category = 'ad';
  url := false;
  IF known.source IS NOT NULL THEN
    RETURN;
  END IF;
  ad := false;
  IF strpos(name, '.') > 0 THEN
    parsed := journey.parse_site(name);
    url := parsed.host IS NOT NULL;
    known := journey.source_at(coalesce(parsed.host, name), CASE WHEN url THEN parsed.path END);
    ad := coalesce(known.category = 'ad', false);
    RETURN;
  END IF;
  IF name LIKE ANY ('{%ads,%ad}'::text[]) THEN  -- a brand's ads
    FOR known IN SELECT named.* FROM (VALUES (1, 'ads'), (2, 'ad')) AS suffix (position, ending),
      LATERAL (SELECT (journey.source_named(rtrim(left(name, -length(ending)), ' -_'))).*) AS named
      WHERE right(name, length(ending)) = ending ORDER BY suffix.position
    LOOP
      IF known.category NOT IN ('', 'excluded') THEN
        ad := true;
        RETURN;
      END IF;
    END LOOP;
    known := NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION journey.look_up_name(text) IS
  'Internal: what is known of a source as a campaign writes it: its row, whether it names a source''s ads, whether it is written as a URL or a host';

CREATE FUNCTION journey.written_name(source text, known journey.known_source, url boolean) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE WHEN (known).source IS NOT NULL THEN (known).source
    WHEN url THEN coalesce(nullif(regexp_replace((journey.parse_site(journey.trimmed(journey.unescaped(source)))).host, '^www\.', ''), ''), source)
    ELSE source END;
COMMENT ON FUNCTION journey.written_name(text, journey.known_source, boolean) IS
  'Internal: how a touch names a source: known ones by their name, URLs by their host, others as given';

CREATE FUNCTION journey.source_name(source text) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  name record;
BEGIN
  IF journey.is_absent(source) THEN
    RETURN NULL;
  END IF;
  name := journey.look_up_name(source);
  RETURN journey.ascii_lower(journey.trimmed(journey.written_name(source, name.known, name.url)));
END
$$;

CREATE FUNCTION journey.referrer_source(referrer text, OUT medium text, OUT source text, OUT term text) RETURNS record
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  parsed record;
  known journey.known_source;
BEGIN
  parsed := journey.parse_site(referrer);
  IF parsed.host IS NULL THEN
    RETURN;
  END IF;
  known := journey.source_at(parsed.host, parsed.path);
  source := (journey.sent_by(known, parsed.host)).source;
  medium := coalesce(nullif(known.category, ''), 'referral');
  term := journey.searched_term(known, parsed.query);
END
$$;

CREATE FUNCTION journey.searched_term(known journey.known_source, query text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  IF query IS NULL OR coalesce(cardinality(known.term_params), 0) = 0 THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT value FROM unnest(known.term_params) WITH ORDINALITY AS wanted (name, rank),
      LATERAL (SELECT journey.decoded(raw_value, true) AS value FROM journey.params(query)
        WHERE journey.decoded(raw_name, true) = wanted.name COLLATE pg_catalog."C" ORDER BY number LIMIT 1) AS first
    WHERE NOT journey.is_absent(value) ORDER BY rank LIMIT 1);
END
$$;
COMMENT ON FUNCTION journey.searched_term(journey.known_source, text) IS 'Internal: what was searched for, in the query of a source''s URL';

-- Touches and channels

CREATE FUNCTION journey.is_own_way(name text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN name LIKE ANY (ARRAY['%email%', '%e-mail%', '%e\_mail%', '%e mail%', '%newsletter%', 'mail', 'affiliate%', 'sms', '%push', '%notification%',
    'organic', 'referral', 'app', 'link', 'audio', 'ai-assistant']);
COMMENT ON FUNCTION journey.is_own_way(text) IS
  'Internal: whether a medium or source names a way of contact of its own: a click id on such a link was copied, or tells nothing new';

CREATE FUNCTION journey.is_an_ads(medium text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(journey.ascii_lower(journey.trimmed(medium)) LIKE ANY ('{%cp%,ppc,retargeting,paid%}'::text[]) OR medium = 'display', false);
COMMENT ON FUNCTION journey.is_an_ads(text) IS 'Internal: whether a medium is that of ads';

CREATE FUNCTION journey.fill_origin(
  contact journey.touch, click_source text, click_medium text, has_click boolean, sent_source text, sent_medium text,
  OUT source text, OUT medium text, OUT referred boolean) RETURNS record
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  given text := journey.ascii_lower(journey.trimmed(contact.medium));
  own_way boolean := coalesce(journey.is_own_way(given), false);
  name record;
  own boolean;
  other_way boolean;
BEGIN
  source := contact.source;
  medium := contact.medium;
  referred := false;
  IF source IS NOT NULL THEN
    name := journey.look_up_name(source);
    own := has_click AND coalesce((name.known).source, journey.ascii_lower(journey.trimmed(source))) = click_source;
    other_way := coalesce((name.known).category = 'email', false) OR journey.is_own_way(journey.ascii_lower(journey.trimmed(source)));
    -- A name of ads keeps its writing where the medium does not say so, since the ad is told by it alone.
    IF NOT name.ad OR medium IS NULL OR journey.is_an_ads(given) OR own_way THEN
      source := journey.written_name(source, name.known, name.url);
    END IF;
    IF medium IS NULL THEN
      medium := CASE WHEN has_click AND click_medium <> '' AND (own OR click_medium NOT IN ('social', 'organic') AND NOT other_way) THEN click_medium
        WHEN name.ad THEN journey.ad_medium(name.known) END;
    END IF;
  ELSIF has_click AND click_source <> '' AND (NOT own_way OR given = click_medium) THEN
    source := click_source;
    medium := coalesce(medium, nullif(click_medium, ''));
  ELSIF sent_source IS NOT NULL THEN
    source := sent_source;
    medium := coalesce(medium, sent_medium);
    referred := true;
  ELSIF medium IS NULL AND num_nonnulls(contact.campaign, contact.term, contact.content, contact.click_id) = 0 THEN
    source := '(direct)';
    medium := '(none)';
  END IF;
END
$$;
COMMENT ON FUNCTION journey.fill_origin(journey.touch, text, text, boolean, text, text) IS
  'Internal: source and medium of a touch, from what the campaign leaves open, and whether the referrer spoke';

CREATE FUNCTION journey.channel_of(contact journey.touch, click_source text, click_medium text, has_click boolean) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_variable
DECLARE
  source text := journey.ascii_lower(journey.trimmed(contact.source));
  medium text := coalesce(journey.ascii_lower(journey.trimmed(contact.medium)), '');
  campaign text := coalesce(journey.ascii_lower(journey.trimmed(contact.campaign)), '');
  click text := coalesce(split_part(journey.ascii_lower(journey.trimmed(contact.click_id)), '=', 1), '');
  origin record;
  page record;
  name record;
  known journey.known_source;
  ad boolean := false;
  category text;
  by_click boolean := has_click AND journey.is_an_ads(click_medium);
  path text;
  landing text := '';
  found text;
BEGIN
  origin := journey.parse_site(contact.referrer);
  IF source = (CASE WHEN origin.host LIKE 'www.%' THEN substr(origin.host, 5) ELSE origin.host END) THEN  -- a host, even where some source has it for a name
    known := journey.source_at(origin.host, origin.path);
  ELSIF source <> '' THEN
    name := journey.look_up_name(contact.source);
    known := name.known;
    ad := name.ad;
  END IF;
  category := journey.category_of(known);
  -- An ad is one whatever its medium is called, unless that names a way of its own.
  IF by_click AND journey.is_own_way(medium) THEN
    category := '';
  ELSIF (by_click OR ad) AND medium <> '' THEN
    IF NOT journey.is_an_ads(medium) AND medium NOT IN ('banner', 'expandable', 'interstitial') THEN
      medium := CASE WHEN by_click THEN click_medium ELSE journey.ad_medium(known) END;
    END IF;
    IF category = '' AND by_click THEN
      category := journey.category_of(journey.source_named(click_source));
    END IF;
  END IF;
  source := coalesce(source, '');
  origin.host := coalesce(origin.host, '');
  path := coalesce(journey.ascii_lower(origin.path), '');
  IF EXISTS (SELECT FROM journey.rule_patterns WHERE landing_page IS NOT NULL) THEN
    page := journey.parse_site(contact.landing_page);
    landing := concat(page.host, journey.ascii_lower(page.path));
  END IF;
  SELECT r.channel INTO found FROM journey.rule_patterns AS r
  WHERE (r.source IS NULL OR source LIKE ANY (r.source) OR source ~ r.classes[1])
    AND (r.category IS NULL OR category LIKE ANY (r.category) OR category ~ r.classes[2])
    AND (r.medium IS NULL OR medium LIKE ANY (r.medium) OR medium ~ r.classes[3])
    AND (r.campaign IS NULL OR campaign LIKE ANY (r.campaign) OR campaign ~ r.classes[4])
    AND (r.click_id IS NULL OR click LIKE ANY (r.click_id) OR click ~ r.classes[5])
    AND (r.referrer IS NULL OR origin.host LIKE ANY (r.referrer) OR origin.host ~ r.classes[6])
    AND (r.referrer_path IS NULL OR path LIKE ANY (r.referrer_path) OR path ~ r.classes[7])
    AND (r.landing_page IS NULL OR landing LIKE ANY (r.landing_page) OR landing ~ r.classes[8])
  ORDER BY r.position LIMIT 1;
  RETURN coalesce(found, 'Unassigned');
END
$$;
COMMENT ON FUNCTION journey.channel_of(journey.touch, text, text, boolean) IS
  'Internal: the channel of a touch whose source and medium are filled in';

CREATE FUNCTION journey.touch(ts timestamptz, page_url text, referrer text DEFAULT NULL, own_hosts text[] DEFAULT '{}') RETURNS journey.touch
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  page record;
  origin record;
  param record;
  own_host text;
  own_site text;
  known journey.known_source;
  sent record;
  result journey.touch;
  sender text;
  given boolean;
  has_click boolean := false;
  click_source text := '';
  click_medium text := '';
  from_source text;
  from_medium text;
  from_term text;
  filled record;
BEGIN
  IF ts IS NULL OR page_url IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH own_host IN ARRAY coalesce(own_hosts, '{}') LOOP
    IF octet_length(own_host) > 1024 OR own_host ~ '[/?#@]' OR own_host NOT LIKE '[%' AND strpos(own_host, ':') > 0 THEN
      RAISE EXCEPTION 'own_hosts must hold hosts, not "%"', own_host USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Give the host alone, such as ''www.example.com''; journey.url_host() takes it from a URL.';
    END IF;
  END LOOP;
  page := journey.parse_site(page_url);
  origin := journey.parse_site(referrer);

  -- Pages with a router of their own keep their parameters in the fragment: it fills in what the query leaves open, but is not
  -- asked for a mere sender.
  IF strpos(page.query, '=') > 0 OR strpos(page.fragment, '=') > 0 THEN
    FOR param IN
      SELECT DISTINCT ON (p.field) p.*, value
      FROM (
        SELECT 1 AS part, own.* FROM journey.params(page.query) AS own
        UNION ALL SELECT 2, own.* FROM journey.params(CASE WHEN strpos(page.fragment, '=') > 0 THEN substr(page.fragment, strpos(page.fragment, '?') + 1) END) AS own
      ) AS raw
        JOIN journey.param_names AS p ON p.name = journey.ascii_lower(journey.trimmed(journey.decoded(raw_name, true)))
        CROSS JOIN LATERAL (SELECT journey.decoded(raw_value, true) AS value) AS decoded
      WHERE octet_length(raw_name) <= 256 AND NOT journey.is_absent(value) AND (part = 1 OR p.field <> 'referrer')
      ORDER BY p.field, part, p.position, raw.number
    LOOP
      CASE param.field
        WHEN 'source' THEN result.source := param.value;
        WHEN 'medium' THEN result.medium := param.value;
        WHEN 'campaign' THEN result.campaign := param.value;
        WHEN 'term' THEN result.term := param.value;
        WHEN 'content' THEN result.content := param.value;
        WHEN 'referrer' THEN sender := param.value;
        ELSE
          result.click_id := param.name || '=' || param.value;
          has_click := true;
          click_source := param.source;
          click_medium := param.medium;
      END CASE;
    END LOOP;
  END IF;
  given := num_nonnulls(result.source, result.medium, result.campaign, result.term, result.content, result.click_id) > 0;

  IF origin.host IS NOT NULL THEN
    known := journey.source_at(origin.host, origin.path);
    own_site := coalesce(journey.site(origin.host), origin.host);
    IF known.category = 'excluded' OR own_site = coalesce(journey.site(page.host), page.host)
      OR EXISTS (SELECT FROM unnest(own_hosts) AS own WHERE coalesce(journey.site(own), journey.ascii_lower(journey.trimmed(own))) = own_site) THEN
      IF NOT given THEN
        RETURN NULL;
      END IF;
    ELSE
      sent := journey.sent_by(known, origin.host);
      from_source := sent.source;
      from_medium := sent.medium;
      from_term := journey.searched_term(known, origin.query);
    END IF;
  END IF;
  IF from_source IS NULL AND NOT given AND sender IS NOT NULL THEN
    origin := journey.parse_site(sender);
    IF origin.host IS NOT NULL THEN
      known := journey.source_at(origin.host, origin.path);
      sent := journey.sent_by(known, origin.host);
      from_term := journey.searched_term(known, origin.query);
    ELSE
      sender := journey.ascii_lower(journey.trimmed(sender));
      known := (journey.look_up_name(sender)).known;
      sent := journey.sent_by(known, sender);
    END IF;
    from_source := sent.source;
    from_medium := sent.medium;
  END IF;

  result.touched_at := ts;
  result.referrer := CASE WHEN NOT journey.is_absent(touch.referrer) THEN touch.referrer END;
  result.landing_page := page_url;
  filled := journey.fill_origin(result, click_source, click_medium, has_click, from_source, from_medium);
  result.source := filled.source;
  result.medium := filled.medium;
  IF filled.referred THEN
    result.term := coalesce(result.term, from_term);
  END IF;
  result.channel := journey.channel_of(result, click_source, click_medium, has_click);
  RETURN result;
END
$$;

CREATE FUNCTION journey.channel(source text, medium text, campaign text DEFAULT NULL, referrer text DEFAULT NULL, click_id text DEFAULT NULL, landing_page text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_variable
DECLARE
  contact journey.touch;
  origin record;
  known journey.known_source;
  sent record;
  from_source text;
  from_medium text;
  click record;
  has_click boolean;
  filled record;
BEGIN
  contact.source := CASE WHEN NOT journey.is_absent(source) THEN source END;
  contact.medium := CASE WHEN NOT journey.is_absent(medium) THEN medium END;
  contact.campaign := CASE WHEN NOT journey.is_absent(campaign) THEN campaign END;
  contact.referrer := CASE WHEN NOT journey.is_absent(referrer) THEN referrer END;
  contact.click_id := CASE WHEN NOT journey.is_absent(click_id) THEN click_id END;
  contact.landing_page := CASE WHEN NOT journey.is_absent(landing_page) THEN landing_page END;
  origin := journey.parse_site(contact.referrer);
  IF origin.host IS NOT NULL THEN
    known := journey.source_at(origin.host, origin.path);
    IF known.category IS DISTINCT FROM 'excluded' THEN
      sent := journey.sent_by(known, origin.host);
      from_source := sent.source;
      from_medium := sent.medium;
    END IF;
  END IF;
  SELECT p.source, p.medium INTO click FROM journey.param_names AS p
  WHERE p.name = journey.ascii_lower(journey.trimmed(split_part(contact.click_id, '=', 1))) AND p.field = 'click_id';
  has_click := FOUND;
  filled := journey.fill_origin(contact, click.source, click.medium, has_click, from_source, from_medium);
  contact.source := filled.source;
  contact.medium := filled.medium;
  RETURN journey.channel_of(contact, click.source, click.medium, has_click);
END
$$;
