// The SQL functions of the room identity: queries in, rows out.
#include <string>

#include "identity/alias_graph.hpp"
#include "identity/block_list.hpp"
#include "pg/datum.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/query.hpp"
#include "pg/set.hpp"

using namespace journey;
using namespace journey::identity;

namespace {

constexpr kind user_kind = 0;
constexpr kind alias_kind = 1;

constexpr pg::query_column edge_columns[] = {
    {"alias", TEXTOID}, {"user_id", TEXTOID}, {"seen_at", TIMESTAMPTZOID, true}};

// The cores' unknown time is the server's infinity: that moves down by one microsecond.
instant to_instant(Datum value, bool null) {
  if (null) return unknown_time;
  TimestampTz time = DatumGetTimestampTz(value);
  return TIMESTAMP_IS_NOEND(time) ? unknown_time - 1 : time;
}

void put_instant(instant time, Datum& value, bool& null) {
  null = time == unknown_time;
  value = TimestampTzGetDatum(time == unknown_time - 1 ? DT_NOEND : time);
}

/// The memory of one call, freed at its end; after an error the server frees it.
class workspace {
 public:
  explicit workspace(const char* name)
      : context_(AllocSetContextCreateInternal(CurrentMemoryContext, name, ALLOCSET_DEFAULT_SIZES)),
        row_(AllocSetContextCreateInternal(context_, "journey row", ALLOCSET_SMALL_SIZES)) {}
  MemoryContext context() const { return context_; }
  void end() { MemoryContextDelete(context_); }

  /// Runs `body` in memory that is freed right after it.
  template <class Body>
  void row(Body body) {
    MemoryContext caller = MemoryContextSwitchTo(row_);
    body();
    MemoryContextSwitchTo(caller);
    MemoryContextReset(row_);
  }

 private:
  MemoryContext context_;
  MemoryContext row_;
};

block_list& read_blocked(FunctionCallInfo fcinfo, int position, MemoryContext context) {
  auto& blocked = pg::make_in<block_list>(context);
  if (PG_ARGISNULL(position)) return blocked;
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(PG_GETARG_ARRAYTYPE_P(position), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls,
                    &count);
  for (int i = 0; i < count; ++i)
    if (!nulls[i]) blocked.add(pg::text_view(values[i]));
  return blocked;
}

/// A limit, or zero for none.
std::uint32_t read_limit(FunctionCallInfo fcinfo, int position, const char* argument) {
  if (PG_ARGISNULL(position)) return 0;
  int limit = PG_GETARG_INT32(position);
  if (limit < 1)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be at least 1: " + std::to_string(limit),
                "Give NULL for no limit.");
  return static_cast<std::uint32_t>(limit);
}

alias_mode read_mode(FunctionCallInfo fcinfo, int position) {
  if (PG_ARGISNULL(position)) pg::null_argument("mode");
  return pg::enum_label(PG_GETARG_DATUM(position)) == "connected" ? alias_mode::connected
                                                                  : alias_mode::latest_user;
}

/// The graph of a call with arguments (edges, mode, blocked, max_users, max_members), not yet resolved.
alias_graph& read_edges(FunctionCallInfo fcinfo, MemoryContext context, bool in_order) {
  if (PG_ARGISNULL(0)) pg::null_argument("edges");
  std::string_view query = pg::text_argument(fcinfo, 0);
  graph_rules rules{.mode = read_mode(fcinfo, 1), .in_order = in_order};
  const block_list& blocked = read_blocked(fcinfo, 2, context);
  kind_rule kinds[2];
  kinds[user_kind] = {.rank = 0, .most = read_limit(fcinfo, 3, "max_users")};
  kinds[alias_kind] = {.rank = 1};
  rules.max_members = read_limit(fcinfo, 4, "max_members");

  auto& graph = pg::make_in<alias_graph>(context, rules, std::span<const kind_rule>(kinds));
  id_pool& ids = graph.ids();
  auto id = [&](kind kind, Datum value, bool null) {
    if (null) return no_node;
    node next = ids.size();
    node number = ids.add(kind, pg::text_view(value));
    if (number == next) ids[number].blocked = blocked.contains(ids[number].text());
    return number;
  };
  pg::read_query(query, "edges", edge_columns, [&](const Datum* values, const bool* nulls) {
    node alias = id(alias_kind, values[0], nulls[0]);
    node user = id(user_kind, values[1], nulls[1]);
    graph.add(alias, user, to_instant(values[2], nulls[2]));
  });
  return graph;
}

}  // namespace

JOURNEY_FUNCTION(resolve_aliases) {
  pg::row_store rows(fcinfo);
  workspace work("journey resolve_aliases");
  alias_graph& graph = read_edges(fcinfo, work.context(), false);
  graph.resolve();
  const id_pool& ids = graph.ids();
  for (std::size_t i = 0; i < graph.visitor_count(); ++i) {
    alias_graph::visitor visitor = graph[i];
    for (node member : visitor.members) {
      check_interrupts();
      work.row([&] {
        const id_pool::id& id = ids[member];
        Datum values[6];
        bool nulls[6] = {};
        values[0] = pg::text_datum(id.text());
        values[1] = BoolGetDatum(id.kind == user_kind);
        values[2] = pg::text_datum(ids[visitor.id].text());
        values[3] = Int64GetDatum(static_cast<std::int64_t>(visitor.members.size()));
        put_instant(id.first_seen, values[4], nulls[4]);
        put_instant(id.last_seen, values[5], nulls[5]);
        rows.put(values, nulls);
      });
    }
  }
  work.end();
  return Datum{0};
}
