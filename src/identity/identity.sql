-- Room: identity

CREATE TYPE journey.alias_mode AS ENUM ('connected', 'latest_user');
COMMENT ON TYPE journey.alias_mode IS
  'How aliases become visitors: connected, whatever hangs together over any number of links is one visitor; latest_user, each alias goes with the user seen with it last, no further (as the RudderStack models do)';

CREATE FUNCTION journey.junk_ids() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['', '0', '-1', 'null', 'none', 'undefined', 'unknown', 'anonymous'];
COMMENT ON FUNCTION journey.junk_ids() IS
  'Values that trackers send in place of an id: the default of the argument blocked. They are compared without surrounding white space and without regard to ASCII case; 0 stands for every value of nothing but zeros and hyphens, the zero UUID among them';

CREATE FUNCTION journey.resolve_aliases(
  edges text, mode journey.alias_mode DEFAULT 'connected', blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT alias text, OUT is_user boolean, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100000
AS 'MODULE_PATHNAME', 'journey_resolve_aliases';
COMMENT ON FUNCTION journey.resolve_aliases(text, journey.alias_mode, text[], int, int) IS
  'One row for each alias and each user id with its visitor. edges is a query of (alias text, user_id text [, seen_at timestamptz]); one of both ids may be NULL: the other is then seen alone. An alias and a user id are different ids even when spelled the same. visitor_id is the earliest-seen user id of the visitor, or the earliest-seen alias where no user id is known; ties go to the smaller value in byte order; an unknown time (NULL) is later than any. Ids in blocked link nothing and get no row. max_users and max_members limit the user ids and all ids of one visitor: edges are then taken in order of (seen_at, alias, user_id), and one that would break a limit is refused whole; alias_conflicts tells which. The result does not depend on the order of the rows';
