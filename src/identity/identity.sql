CREATE TYPE journey.alias_mode AS ENUM ('connected', 'latest_user');
COMMENT ON TYPE journey.alias_mode IS
  'How aliases become visitors: connected, whatever hangs together over any number of links is one visitor; '
  'latest_user, each alias goes with the user seen with it last, no further (as the RudderStack models do)';

CREATE FUNCTION journey.resolve_aliases(
  edges text, mode journey.alias_mode DEFAULT 'connected', blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT alias text, OUT is_user boolean, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100000
  AS 'MODULE_PATHNAME', 'journey_resolve_aliases';
COMMENT ON FUNCTION journey.resolve_aliases(text, journey.alias_mode, text[], int, int) IS
  'One row for each alias and each user id with its visitor, oldest visitor first. '
  'edges is a query of (alias text, user_id text [, seen_at timestamptz]); where one of both ids is NULL the other is seen alone. '
  'An alias and a user id are different ids even when spelled the same. '
  'visitor_id is the earliest-seen user id of the visitor, or the earliest-seen alias where no user id is known; ties go to the smaller value in byte order; an unknown time (NULL) is later than any. '
  'members counts the ids of the visitor; first_seen_at and last_seen_at are of the id itself. '
  'Ids in blocked (none when NULL) link nothing and get no row. '
  'max_users and max_members limit the user ids and all ids of one visitor (NULL: no limit): edges are then taken in order of (first seen_at, alias, user_id), and one that would break a limit is refused whole; '
  'alias_conflicts tells which. '
  'The result does not depend on the order of the rows';

CREATE FUNCTION journey.resolve_aliases(
  edges text, priority text[], unique_kinds text[],
  blocked text[] DEFAULT journey.junk_ids(), max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100000
  AS 'MODULE_PATHNAME', 'journey_resolve_aliases_of_kinds';
COMMENT ON FUNCTION journey.resolve_aliases(text, text[], text[], text[], int) IS
  'As resolve_aliases with a mode, for ids of any kinds. '
  'edges is a query of (a_kind text, a text, b_kind text, b text [, seen_at timestamptz]); which end is a and which b makes no difference. '
  'priority lists kinds from the strongest; kinds not listed follow in byte order. '
  'visitor_id is the earliest-seen id of the strongest kind that the visitor has. '
  'Two ids of one of the unique_kinds, which must be listed in priority, never share a visitor. '
  'Where there is a limit, edges are taken in order of seen_at; at the same time those between stronger kinds come first, so that the id of the weakest kind gives way; then by value. '
  'An edge that would break a limit is refused whole';

CREATE FUNCTION journey.resolve_aliases(
  edges text, priority text, unique_kinds text[],
  blocked text DEFAULT journey.junk_ids()::text, max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100000
  AS 'MODULE_PATHNAME', 'journey_resolve_aliases_of_kinds_text';
COMMENT ON FUNCTION journey.resolve_aliases(text, text, text[], text, int) IS
  'As resolve_aliases with priority as text[]: what calls with untyped literals find, as in resolve_aliases(edges, ''{user,email}'', ''{user}''). '
  'priority and blocked are texts of arrays';

CREATE FUNCTION journey.alias_conflicts(
  edges text, mode journey.alias_mode DEFAULT 'connected', blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT alias text, OUT user_id text, OUT reason text, OUT seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1000
  AS 'MODULE_PATHNAME', 'journey_alias_conflicts';
COMMENT ON FUNCTION journey.alias_conflicts(text, journey.alias_mode, text[], int, int) IS
  'The edges that resolve_aliases refuses when called with the same arguments, in the order of their refusal; each edge once, with the time when it was first seen. '
  'reason is the argument that refused it: blocked (one of its ids, or the only one, is blocked), max_users or max_members';

CREATE FUNCTION journey.alias_conflicts(
  edges text, priority text[], unique_kinds text[],
  blocked text[] DEFAULT journey.junk_ids(), max_members int DEFAULT NULL,
  OUT a_kind text, OUT a text, OUT b_kind text, OUT b text, OUT reason text, OUT seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1000
  AS 'MODULE_PATHNAME', 'journey_alias_conflicts_of_kinds';
COMMENT ON FUNCTION journey.alias_conflicts(text, text[], text[], text[], int) IS
  'As alias_conflicts with a mode, for ids of any kinds. '
  'a is the end of the weaker kind: the one that gave way. '
  'reason is blocked, unique_kinds or max_members';

CREATE FUNCTION journey.alias_conflicts(
  edges text, priority text, unique_kinds text[],
  blocked text DEFAULT journey.junk_ids()::text, max_members int DEFAULT NULL,
  OUT a_kind text, OUT a text, OUT b_kind text, OUT b text, OUT reason text, OUT seen_at timestamptz
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1000
  AS 'MODULE_PATHNAME', 'journey_alias_conflicts_of_kinds_text';
COMMENT ON FUNCTION journey.alias_conflicts(text, text, text[], text, int) IS
  'As alias_conflicts with priority as text[]: what calls with untyped literals find, as in alias_conflicts(edges, ''{user,email}'', ''{user}''). '
  'priority and blocked are texts of arrays';

CREATE FUNCTION journey.alias_owners(
  edges text, backfill interval DEFAULT NULL, blocked text[] DEFAULT journey.junk_ids(),
  OUT alias text, OUT user_id text, OUT owned tstzrange
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100000
  AS 'MODULE_PATHNAME', 'journey_alias_owners';
COMMENT ON FUNCTION journey.alias_owners(text, interval, text[]) IS
  'Who owned an alias, such as a shared device, when. '
  'edges is a query of (alias text, user_id text, seen_at timestamptz). '
  'It must have all three columns. '
  'From each log-in (a row with both ids) the alias is its user''s until another user logs in; '
  'before its first log-in it belongs to the user of that one for as long as backfill (NULL: from the beginning of time; 0: not at all; no months). '
  'owned includes its start and not its end; the ranges of one alias never overlap. '
  'Of two users at the same time the one greater in byte order stays. '
  'Rows without a time, at infinity, or with a blocked id are left out. '
  'Join it to events with owned @> the time of the event';

CREATE TYPE journey.alias_hub AS (alias text, is_user boolean, neighbours bigint);
COMMENT ON TYPE journey.alias_hub IS 'An id and the number of different ids it was seen with';

CREATE FUNCTION journey.alias_graph_stats(
  edges text, mode journey.alias_mode DEFAULT 'connected', blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT ids bigint, OUT users bigint, OUT links bigint, OUT refused bigint, OUT visitors bigint,
  OUT mean_members float8, OUT p99_members bigint, OUT most_members bigint, OUT hubs journey.alias_hub[]
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1
  AS 'MODULE_PATHNAME', 'journey_alias_graph_stats';
COMMENT ON FUNCTION journey.alias_graph_stats(text, journey.alias_mode, text[], int, int) IS
  'The health of a graph, in one row: how many ids and how many of them are user ids; '
  'the different edges without a blocked id (links; in the mode latest_user only those of the latest users); '
  'the edges that alias_conflicts would tell (refused); '
  'the visitors; '
  'the mean, the 99th percentile (nearest rank) and the maximum of their members, NULL where there are none; '
  'the ten ids with most neighbours, most first, refused links counted too, blocked ids left out';

CREATE TYPE journey.id_hub AS (kind text, alias text, neighbours bigint);
COMMENT ON TYPE journey.id_hub IS 'An id of some kind and the number of different ids it was seen with';

CREATE FUNCTION journey.alias_graph_stats(
  edges text, priority text[], unique_kinds text[],
  blocked text[] DEFAULT journey.junk_ids(), max_members int DEFAULT NULL,
  OUT ids bigint, OUT links bigint, OUT refused bigint, OUT visitors bigint,
  OUT mean_members float8, OUT p99_members bigint, OUT most_members bigint, OUT hubs journey.id_hub[]
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1
  AS 'MODULE_PATHNAME', 'journey_alias_graph_stats_of_kinds';
COMMENT ON FUNCTION journey.alias_graph_stats(text, text[], text[], text[], int) IS
  'As alias_graph_stats with a mode, for ids of any kinds';

CREATE FUNCTION journey.alias_graph_stats(
  edges text, priority text, unique_kinds text[],
  blocked text DEFAULT journey.junk_ids()::text, max_members int DEFAULT NULL,
  OUT ids bigint, OUT links bigint, OUT refused bigint, OUT visitors bigint,
  OUT mean_members float8, OUT p99_members bigint, OUT most_members bigint, OUT hubs journey.id_hub[]
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 1
  AS 'MODULE_PATHNAME', 'journey_alias_graph_stats_of_kinds_text';
COMMENT ON FUNCTION journey.alias_graph_stats(text, text, text[], text, int) IS
  'As alias_graph_stats with priority as text[]: what calls with untyped literals find, as in alias_graph_stats(edges, ''{user,email}'', ''{user}''). '
  'priority and blocked are texts of arrays';

CREATE FUNCTION journey.merge_aliases(
  current text, edges text, blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT alias text, OUT is_user boolean, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 10000
  AS 'MODULE_PATHNAME', 'journey_merge_aliases';
COMMENT ON FUNCTION journey.merge_aliases(text, text, text[], int, int) IS
  'New edges into a mapping that resolve_aliases made in the mode connected: the rows that change, as they are from now on. '
  'Two merges into one table at once lose what the other did: take LOCK TABLE ... IN SHARE ROW EXCLUSIVE MODE first, in the transaction that writes the rows. '
  'current is a query or TABLE statement with the columns that resolve_aliases returns, by name; '
  'it is asked for the ids in edges and for the members of visitors that grow, by index where they are few, so it wants an index on alias and one on visitor_id. '
  'old_visitor_id is the visitor the id had before, NULL for a new id. '
  'The mapping with these rows put in is what resolve_aliases would return over all edges, old and new; '
  'with limits that holds where all new edges are later than the old ones: what is stored stays together, and new edges are taken after it. '
  'blocked, max_users and max_members should be those that current was made with';

CREATE FUNCTION journey.merge_aliases(
  current text, edges text, priority text[], unique_kinds text[],
  blocked text[] DEFAULT journey.junk_ids(), max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz,
  OUT old_visitor_kind text, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 10000
  AS 'MODULE_PATHNAME', 'journey_merge_aliases_of_kinds';
COMMENT ON FUNCTION journey.merge_aliases(text, text, text[], text[], text[], int) IS
  'As merge_aliases without priority, for ids of any kinds';

CREATE FUNCTION journey.merge_aliases(
  current text, edges text, priority text[], unique_kinds text,
  blocked text DEFAULT journey.junk_ids()::text, max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz,
  OUT old_visitor_kind text, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 10000
  AS 'MODULE_PATHNAME', 'journey_merge_aliases_of_kinds_text';
COMMENT ON FUNCTION journey.merge_aliases(text, text, text[], text, text, int) IS
  'As merge_aliases with unique_kinds as text[]: what calls with untyped literals find, as in merge_aliases(current, edges, ''{user,email}'', ''{user}''). '
  'unique_kinds and blocked are texts of arrays';

CREATE FUNCTION journey.unmerge_aliases(
  edges text, without text, blocked text[] DEFAULT journey.junk_ids(),
  max_users int DEFAULT NULL, max_members int DEFAULT NULL,
  OUT alias text, OUT is_user boolean, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100
  AS 'MODULE_PATHNAME', 'journey_unmerge_aliases';
COMMENT ON FUNCTION journey.unmerge_aliases(text, text, text[], int, int) IS
  'Cuts visitors apart: resolves edges, all those of the visitors in question, with and without the pairs (alias text, user_id text) that the query without returns, and gives the rows that differ, as merge_aliases does. '
  'The ids of a pair left out still count as seen; a pair that edges does not hold gives a warning. '
  'The part that has the earliest-seen user id keeps the visitor_id';

CREATE FUNCTION journey.unmerge_aliases(
  edges text, without text, priority text[], unique_kinds text[],
  blocked text[] DEFAULT journey.junk_ids(), max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz,
  OUT old_visitor_kind text, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100
  AS 'MODULE_PATHNAME', 'journey_unmerge_aliases_of_kinds';
COMMENT ON FUNCTION journey.unmerge_aliases(text, text, text[], text[], text[], int) IS
  'As unmerge_aliases without priority, for ids of any kinds; without returns (a_kind text, a text, b_kind text, b text) in either direction';

CREATE FUNCTION journey.unmerge_aliases(
  edges text, without text, priority text[], unique_kinds text,
  blocked text DEFAULT journey.junk_ids()::text, max_members int DEFAULT NULL,
  OUT kind text, OUT alias text, OUT visitor_kind text, OUT visitor_id text, OUT members bigint,
  OUT first_seen_at timestamptz, OUT last_seen_at timestamptz,
  OUT old_visitor_kind text, OUT old_visitor_id text
) RETURNS SETOF record
  LANGUAGE c STABLE PARALLEL UNSAFE COST 100000 ROWS 100
  AS 'MODULE_PATHNAME', 'journey_unmerge_aliases_of_kinds_text';
COMMENT ON FUNCTION journey.unmerge_aliases(text, text, text[], text, text, int) IS
  'As unmerge_aliases with unique_kinds as text[]: what calls with untyped literals find, as in unmerge_aliases(edges, without, ''{user,email}'', ''{user}''). '
  'unique_kinds and blocked are texts of arrays';
