-- The schema api: what an application may ask of the pipelines, and nothing else. Made by who owns the pipelines:
--
--   psql -d shop -f connect/api/api.sql
--   GRANT api_reader TO shop_app;
--   INSERT INTO api.tenants VALUES ('shop_app', 'shop');
--
-- A tenant is a role: who logs in as it, or is switched to it by SET ROLE, as PostgREST does by the token of each request, sees
-- the pipeline that is his and no other. All functions are STABLE, so that PostgREST serves them by GET: /rpc/profile?alias=...
\set ON_ERROR_STOP on
BEGIN;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'api_reader') THEN CREATE ROLE api_reader NOLOGIN; END IF;
END $$;
CREATE SCHEMA api;
COMMENT ON SCHEMA api IS 'What an application may ask of the journeys of its own customers';

-- Not current_user, which is the owner of the function that asks; the setting takes only roles that the session may take.
CREATE FUNCTION api.tenant() RETURNS name
LANGUAGE sql STABLE
RETURN CASE pg_catalog.current_setting('role') WHEN 'none' THEN session_user ELSE pg_catalog.current_setting('role')::name END;
COMMENT ON FUNCTION api.tenant() IS 'Who asks: the role of the request';

CREATE TABLE api.tenants (tenant name PRIMARY KEY, pipeline text NOT NULL);
COMMENT ON TABLE api.tenants IS 'The pipeline of each tenant; a tenant sees his own row';
ALTER TABLE api.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.tenants FOR SELECT USING (tenant = api.tenant());

CREATE FUNCTION api.pipeline() RETURNS journey.pipelines
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own text := (SELECT t.pipeline FROM api.tenants AS t WHERE t.tenant = api.tenant());
BEGIN
  IF own IS NULL THEN
    RAISE insufficient_privilege USING MESSAGE = format('"%s" is no tenant', api.tenant()), HINT = 'api.tenants says who is.';
  END IF;
  RETURN journey.pipeline_named(own);
END $$;
COMMENT ON FUNCTION api.pipeline() IS 'The pipeline of who asks; an error (42501) for who is no tenant';

CREATE FUNCTION api.profile(alias text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN journey.profile((api.pipeline()).name, alias);
END $$;
COMMENT ON FUNCTION api.profile(text) IS 'The customer by any id, see journey.profile; null where nobody has it';

CREATE FUNCTION api.recommend(customer text, top int DEFAULT 10)
RETURNS TABLE (item text, name text, score float8, because text[], already_bought boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT * FROM journey.recommend((api.pipeline()).name, customer, top);
END $$;
COMMENT ON FUNCTION api.recommend(text, int) IS 'What to offer a customer next, see journey.recommend';

CREATE FUNCTION api.search(text text) RETURNS TABLE (visitor_id text, kind text, alias text, last_seen_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p journey.pipelines := api.pipeline();
BEGIN
  IF text = '' THEN RETURN; END IF;
  RETURN QUERY EXECUTE format('SELECT a.visitor_id, a.kind, a.alias, a.last_seen_at FROM %s AS a WHERE starts_with(a.alias, $1) ORDER BY a.alias <> $1, a.last_seen_at DESC, a.alias COLLATE "C", a.kind COLLATE "C" LIMIT 20',
    journey.pipeline_table(p, 'aliases')) USING text;
END $$;
COMMENT ON FUNCTION api.search(text) IS 'The ids that begin with a text, that text itself first, then those seen last; 20 at most';

CREATE FUNCTION api.sessions(visitor text, before timestamptz DEFAULT 'infinity', top int DEFAULT 50)
RETURNS TABLE (session_number bigint, started_at timestamptz, ended_at timestamptz, events bigint, pages bigint, landing_page text, exit_page text, source text, medium text, campaign text, channel text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p journey.pipelines := api.pipeline();
BEGIN
  RETURN QUERY EXECUTE format('SELECT s.session_number, s.started_at, s.ended_at, s.events, s.pages, s.landing_page, s.exit_page, (s.touch).source, (s.touch).medium, (s.touch).campaign, (s.touch).channel
    FROM %s AS v CROSS JOIN LATERAL journey.sessions(v.trail) AS s WHERE v.visitor_id = $1 AND s.started_at < $2 ORDER BY s.session_number DESC LIMIT $3', journey.pipeline_table(p, 'visitors'))
  USING journey.visitor_of(p, visitor), before, least(greatest(top, 0), 1000);
END $$;
COMMENT ON FUNCTION api.sessions(text, timestamptz, int) IS 'The sessions of a customer, by any id, that start before a time, latest first; 1,000 at most';

CREATE FUNCTION api.health() RETURNS TABLE (state text, seen_at timestamptz, lag interval, stale bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT x.state, x.seen_at, x.lag, x.stale FROM journey.progress AS x WHERE x.pipeline = (api.pipeline()).name;
END $$;
COMMENT ON FUNCTION api.health() IS 'How fresh the answers are: whether the pipeline runs, as of when it is, how long ago that was, changes that wait';

CREATE FUNCTION api.interaction_rows() RETURNS TABLE (user_id text, item_id text, event_type text, event_value float8, "timestamp" bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p journey.pipelines := api.pipeline();
BEGIN
  IF NOT journey.has_target(p, 'items') THEN RETURN; END IF;
  RETURN QUERY EXECUTE format('SELECT i.visitor_id, i.item, i.action::text, NULL::float8, floor(extract(epoch FROM i.at))::bigint FROM (%s) AS i WHERE i.action <> ''removed''', journey.items_query(p));
END $$;
COMMENT ON FUNCTION api.interaction_rows() IS 'What customers bought, added and viewed; no rows where the pipeline keeps no items';
CREATE VIEW api.interactions AS SELECT * FROM api.interaction_rows();
COMMENT ON VIEW api.interactions IS 'What customers bought, added and viewed, in the columns that recommender services import; timestamp in seconds since 1970';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA api FROM PUBLIC;
GRANT USAGE ON SCHEMA api TO api_reader;
GRANT SELECT ON api.tenants, api.interactions TO api_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO api_reader;
REVOKE EXECUTE ON FUNCTION api.pipeline() FROM api_reader;
COMMIT;
