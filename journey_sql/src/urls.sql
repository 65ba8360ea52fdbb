-- URLs, read as browsers read them but for what the README lists.

CREATE FUNCTION journey.ascii_lower(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(value COLLATE pg_catalog."C");
COMMENT ON FUNCTION journey.ascii_lower(text) IS 'Internal: A to Z in lower case, other letters as they are';

CREATE FUNCTION journey.trimmed(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN btrim(value, E'\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20');
COMMENT ON FUNCTION journey.trimmed(text) IS 'Internal: blanks and control characters at both ends left out';

CREATE FUNCTION journey.is_absent(value text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(journey.ascii_lower(journey.trimmed(value)) IN ('', 'null'), true);
COMMENT ON FUNCTION journey.is_absent(text) IS 'Internal: whether a value is what trackers send where they have none: nothing, blanks, or the word null';

CREATE FUNCTION journey.decoded(raw text, form boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
  IF form THEN
    raw := translate(raw, '+', ' ');
  END IF;
  IF strpos(raw, '%') = 0 THEN
    RETURN raw;
  END IF;
  -- Runs of escapes that are characters of UTF-8, and what lies between them.
  RETURN (
    SELECT string_agg(CASE WHEN part[1] IS NULL THEN part[2] ELSE convert_from(decode(translate(part[1], '%', ''), 'hex'), 'UTF8') END, '' ORDER BY number)
    FROM regexp_matches(raw, '((?:%(?:0[1-9a-f]|[1-7][0-9a-f])|%(?:c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]|%e0%[ab][0-9a-f]%[89ab][0-9a-f]'
      '|%e[1-9a-cef](?:%[89ab][0-9a-f]){2}|%ed%[89][0-9a-f]%[89ab][0-9a-f]|%f0%[9ab][0-9a-f](?:%[89ab][0-9a-f]){2}'
      '|%f[1-3](?:%[89ab][0-9a-f]){3}|%f4%8[0-9a-f](?:%[89ab][0-9a-f]){2})+)|([^%]+|%)', 'gi') WITH ORDINALITY AS list (part, number));
END
$$;
COMMENT ON FUNCTION journey.decoded(text, boolean) IS
  'Internal: the text that an escaped one stands for, with + for a blank in a form''s; escapes that would not give valid text stay as written';

-- There is no public suffix list here, but what the form of a name tells.

CREATE FUNCTION journey.ends_in_second_level(host text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN host ~ '(^|\.)(ac|co|com|edu|gob|gouv|gov|go|mil|ne|net|or|org)\.[a-z]{2}$'
    AND host !~ '\.(be|bg|ca|cc|ch|cz|de|dk|eu|fi|fr|it|li|lu|nl|no|nu|si|sk|su|tk|tv|us)$';
COMMENT ON FUNCTION journey.ends_in_second_level(text) IS
  'Internal: whether a host ends in two labels under which a registry gives names, such as co.uk';

CREATE FUNCTION journey.is_registry_suffix(suffix text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN suffix ~ '^([a-z]{2}|xn--[a-z0-9-]+|com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|travel|jobs|aero|asia|cat|coop|museum|tel|app|dev|page|shop|store|online|site|website|blog|cloud|tech|space|live|life|world|today|news|media|agency|digital|studio|design|art|club|social|email|link|click|xyz|top|vip|work|team|group|company|business|solutions|services|systems|network|software|academy|school|education|health|finance|games|fun|video|music|photo|photos|gallery|hotel|restaurant|cafe|fashion|style|house|city|london|berlin|paris|nyc|tokyo)$'
    OR strpos(suffix, '.') > 0 AND journey.ends_in_second_level(suffix);
COMMENT ON FUNCTION journey.is_registry_suffix(text) IS
  'Internal: whether a registry gives names under a suffix: two letters, a well-known word, or such as co.uk';

CREATE FUNCTION journey.site(host text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  own text := journey.ascii_lower(journey.trimmed(host));
  labels text[];
  wanted int;  -- labels of the site
BEGIN
  IF own LIKE '%.' THEN
    own := left(own, -1);
  END IF;
  labels := string_to_array(own, '.');
  IF octet_length(own) > 1024 OR own ~ '^$|^\.|^\[|[\x01-\x20:/@]|(^|\.)[0-9]*$' THEN
    RETURN NULL;
  END IF;
  wanted := CASE WHEN journey.ends_in_second_level(own)
    OR own ~ '(^|\.)(github\.io|gitlab\.io|blogspot\.com|herokuapp\.com|netlify\.app|vercel\.app|pages\.dev|workers\.dev|web\.app|firebaseapp\.com|myshopify\.com|azurewebsites\.net)$'
    THEN 3 ELSE 2 END;
  RETURN CASE WHEN cardinality(labels) >= wanted THEN array_to_string(labels[cardinality(labels) - wanted + 1:], '.') END;
END
$$;

COMMENT ON FUNCTION journey.site(text) IS
  'Registrable domain of a host, as far as its form tells: its last two labels, three behind such as co.uk or a well-known host of others'' sites; NULL for an address, a single label';

CREATE FUNCTION journey.parse_host(raw text, special boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  host text := raw;
BEGIN
  IF octet_length(raw) > 3072 THEN
    RETURN NULL;
  ELSIF raw LIKE '[%' THEN
    RETURN CASE WHEN raw ~ '^\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]$' THEN journey.ascii_lower(raw) END;
  ELSIF NOT special THEN
    RETURN CASE WHEN octet_length(raw) <= 1024 AND raw !~ '[\x01\x09\x0a\x0d #/:<>?@\[\\\]^|]' THEN raw END;
  END IF;
  host := journey.decoded(raw, false);
  IF octet_length(host) > 1024 OR host ~ '[\x01-\x20\x7f#%/:<>?@\[\\\]^|]' THEN
    RETURN NULL;
  END IF;
  host := journey.ascii_lower(host);
  IF host ~ '(^|\.)([0-9]+|0x[0-9a-f]*)\.?$' AND host !~ '^(([1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])(\.(?!$)|$)){4}$' THEN
    RETURN NULL;  -- ends in a number, and is no address in its usual form
  END IF;
  RETURN host;
END
$$;
COMMENT ON FUNCTION journey.parse_host(text, boolean) IS
  'Internal: the host that a URL''s text stands for, special being schemes such as https; NULL for none';

CREATE FUNCTION journey.parse_url(url text, OUT host text, OUT path text, OUT query text, OUT fragment text) RETURNS record
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  rest text := journey.trimmed(url);
  scheme text;
  special boolean;
  slashes int;
  has_authority boolean;
  authority text;
  port text;
BEGIN
  IF octet_length(url) > 16 * 1024 * 1024 THEN
    RETURN;
  ELSIF url ~ '^https?://([a-z0-9-]*\.)*[a-z][a-z0-9-]*([/?#]|$)' AND url !~ '[\x01-\x20\\]' AND strpos(url, '&#') = 0 THEN
    -- What most URLs are needs no closer look.
    rest := substr(url, strpos(url, '//') + 2);
    host := split_part(split_part(split_part(rest, '/', 1), '?', 1), '#', 1);
    rest := substr(rest, length(host) + 1);
    IF octet_length(host) > 1024 THEN
      host := NULL;
      RETURN;
    END IF;
    fragment := nullif(substr(rest, length(split_part(rest, '#', 1)) + 2), '');
    rest := split_part(rest, '#', 1);
    path := split_part(rest, '?', 1);
    query := nullif(substr(rest, length(path) + 2), '');
    path := coalesce(nullif(path, ''), '/');
    RETURN;
  END IF;
  IF rest IS NULL THEN
    RETURN;
  END IF;
  rest := translate(rest, E'\t\n\r', '');
  scheme := journey.ascii_lower(substring(rest FROM '^([a-zA-Z][a-zA-Z0-9+.-]*):'));
  special := CASE WHEN scheme IS NULL THEN rest LIKE '/%' ELSE scheme IN ('https', 'http', 'ws', 'wss', 'ftp', 'file') END;
  IF scheme IS NOT NULL THEN
    rest := substr(rest, length(scheme) + 2);
  END IF;
  slashes := length(substring(rest FROM CASE WHEN special THEN '^[/\\]*' ELSE '^/*' END));
  has_authority := slashes >= 2 OR special AND scheme <> 'file';
  IF has_authority THEN
    rest := substr(rest, CASE WHEN special AND scheme IS DISTINCT FROM 'file' THEN slashes ELSE 2 END + 1);
    authority := substring(rest FROM CASE WHEN special THEN '^[^/\\?#]*' ELSE '^[^/?#]*' END);
    IF scheme = 'file' THEN
      IF authority !~ '^[a-zA-Z][:|]$' THEN
        IF authority <> '' THEN
          host := journey.parse_host(authority, true);
          IF host IS NULL THEN RETURN; END IF;
        END IF;
        host := nullif(host, 'localhost');
        rest := substr(rest, length(authority) + 1);
      END IF;
    ELSE
      host := regexp_replace(authority, '^.*@', '');
      port := substring(host FROM '^(?:\[[^\]]*\])?[^:\[]*:(.*)$');
      host := substring(host FROM '^(?:\[[^\]]*\][^:]*|[^:]*)');
      IF port !~ '^0*[0-9]{0,5}$' OR nullif(port, '')::bigint > 65535 THEN
        host := NULL;
        RETURN;
      END IF;
      IF host = '' AND (special OR authority <> '') THEN
        host := NULL;
        RETURN;
      END IF;
      IF host <> '' THEN
        host := journey.parse_host(host, special);
        IF host IS NULL THEN RETURN; END IF;
      END IF;
      host := nullif(host, '');
      rest := substr(rest, length(authority) + 1);
    END IF;
  END IF;
  IF strpos(rest, '#') > 0 THEN  -- but not that of an ampersand written for HTML
    authority := substring(rest FROM '^(?:[^#]|(?<=&)#(?:38|038|x26|X26);)*');
    fragment := nullif(substr(rest, length(authority) + 2), '');
    rest := authority;
  END IF;
  path := split_part(rest, '?', 1);
  query := nullif(substr(rest, length(path) + 2), '');
  IF path = '' AND has_authority AND special THEN
    path := '/';
  END IF;
  IF scheme IS NULL AND path NOT LIKE '/%' THEN
    path := NULL;
  END IF;
END
$$;
COMMENT ON FUNCTION journey.parse_url(text) IS
  'Internal: the parts of a URL, path, query and fragment as written; all NULL for what is no URL';

CREATE FUNCTION journey.parse_site(url text, OUT host text, OUT path text, OUT query text, OUT fragment text) RETURNS record
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  parsed record;
  bare text;
BEGIN
  parsed := journey.parse_url(url);
  host := parsed.host; path := parsed.path; query := parsed.query; fragment := parsed.fragment;
  IF host IS NULL AND octet_length(url) <= 16 * 1024 * 1024 THEN
    bare := translate(journey.trimmed(url), E'\t\n\r', '');
    IF bare ~ '^[a-zA-Z0-9_\u0080-\U0010FFFF-][a-zA-Z0-9._\u0080-\U0010FFFF-]*\.[a-zA-Z0-9-]+(:[0-9]*)?([/?#]|$)'
      AND (bare ~ '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+([:/?#]|$)'
        OR journey.is_registry_suffix(journey.ascii_lower(substring(bare FROM '^[^/?#:]*\.([^./?#:]+)')))) THEN
      parsed := journey.parse_url('//' || bare);
      host := parsed.host; path := parsed.path; query := parsed.query; fragment := parsed.fragment;
    END IF;
  END IF;
  host := journey.ascii_lower(host);
END
$$;
COMMENT ON FUNCTION journey.parse_site(text) IS
  'Internal: as parse_url, but a host whose scheme got lost (www.example.com/a) is one, and hosts are in lower case';

CREATE FUNCTION journey.url_host(url text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT host FROM journey.parse_url(url);
END;

CREATE FUNCTION journey.url_path(url text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT path FROM journey.parse_url(url);
END;

CREATE FUNCTION journey.params(query text, OUT number bigint, OUT raw_name text, OUT raw_value text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
  SELECT list.number, split_part(pair, '=', 1), substr(pair, length(split_part(pair, '=', 1)) + 2)
  FROM (
    SELECT raw.number, regexp_replace(raw.pair, '^(amp;|AMP;|#38;|#038;|#x26;|#X26;)+', '')
    FROM string_to_table(query, '&') WITH ORDINALITY AS raw (pair, number)
  ) AS list (number, pair)
  WHERE pair <> '';
END;
COMMENT ON FUNCTION journey.params(text) IS 'Internal: the parameters of a query, undecoded; an & may be written as in HTML';

CREATE FUNCTION journey.url_param(url text, name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT journey.decoded(raw_value, true)
  FROM journey.parse_url(url) AS parsed, journey.params(parsed.query) AS param
  WHERE journey.decoded(raw_name, true) = name COLLATE pg_catalog."C"
  ORDER BY number LIMIT 1;
END;
