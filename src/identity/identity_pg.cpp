// The SQL functions that read edges as a whole. Those on a mapping that is already there: merge_pg.cpp.
#include <functional>

#include "identity/edges_pg.hpp"
#include "identity/owners.hpp"
#include "base/sort.hpp"

using namespace journey;
using namespace journey::identity;

namespace {

constexpr argument_positions with_users{
    .edges = 0, .mode = 1, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions with_kinds{
    .edges = 0, .blocked = 3, .priority = 1, .unique_kinds = 2, .max_members = 4};
constexpr argument_positions with_kinds_text{
    .edges = 0, .blocked = 3, .priority = 1, .unique_kinds = 2, .max_members = 4, .text_list = 1};

/// The edges of a call and the graph they form, not yet resolved.
struct reading {
  edge_source& source;
  alias_graph& graph;
};

reading read_edges(FunctionCallInfo fcinfo, const argument_positions& at, const workspace& work,
                   bool keep_edges) {
  auto& source = pg::make_in<edge_source>(work.context());
  source.read_arguments(fcinfo, at);
  graph_rules rules = source.rules();
  if (keep_edges) rules.in_order = true;
  auto& graph = pg::make_in<alias_graph>(work.context(), rules);
  source.fill(graph);
  return {source, graph};
}

Datum resolve_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  workspace work("journey resolve_aliases");
  row_writer out(fcinfo, work);
  reading input = read_edges(fcinfo, at, work, false);
  edge_source& source = input.source;
  alias_graph& graph = input.graph;
  graph.resolve();
  const id_pool& ids = graph.ids();
  for (std::size_t i = 0; i < graph.visitor_count(); ++i) {
    alias_graph::visitor visitor = graph[i];
    for (node member : visitor.members) {
      check_interrupts();
      out.row([&] {
        out.id(source, ids, member);
        out.visitor(source, ids, visitor.id);
        out.number(visitor.members.size());
        out.time(ids[member].first_seen);
        out.time(ids[member].last_seen);
      });
    }
  }
  return Datum{0};
}

const char* reason_text(const edge_source& source, refusal reason) {
  switch (reason) {
    case refusal::blocked:
      return "blocked";
    case refusal::max_of_kind:
      return source.form() == edge_form::users ? "max_users" : "unique_kinds";
    case refusal::max_members:
      return "max_members";
  }
  return nullptr;
}

Datum alias_conflicts(FunctionCallInfo fcinfo, const argument_positions& at) {
  workspace work("journey alias_conflicts");
  row_writer out(fcinfo, work);
  reading input = read_edges(fcinfo, at, work, true);
  edge_source& source = input.source;
  alias_graph& graph = input.graph;
  graph.resolve();
  const id_pool& ids = graph.ids();
  for (const refused_edge& refused : graph.refused()) {
    check_interrupts();
    out.row([&] {
      if (source.form() == edge_form::users) {
        node alias = refused.edge.weak;
        node user = refused.edge.strong;
        if (ids[alias].kind == user_kind) std::swap(alias, user);
        for (node end : {alias, user}) end == no_node ? out.null() : out.text(ids[end].text());
      } else {
        out.id(source, ids, refused.edge.weak);
        out.id(source, ids, refused.edge.strong);
      }
      out.text(reason_text(source, refused.reason));
      out.time(refused.edge.seen_at);
    });
  }
  return Datum{0};
}

/// The ids with most neighbours, most first, ties in byte order: an array of the composite type that is the
/// element of the result's last column.
Datum hubs(FunctionCallInfo fcinfo, const edge_source& source, const alias_graph& graph,
           std::span<const edge> edges, std::pmr::memory_resource* memory) {
  constexpr std::size_t most_hubs = 10;
  const id_pool& ids = graph.ids();
  std::pmr::vector<node> neighbours(ids.size(), 0, memory);
  for (const edge& one : edges) {
    check_interrupts();
    if (graph.blocked(one)) continue;
    ++neighbours[one.weak];
    ++neighbours[one.strong];
  }
  std::pmr::vector<node> order(memory);
  for (node id = 0; id < ids.size(); ++id) {
    check_interrupts();
    if (neighbours[id] != 0) order.push_back(id);
  }
  auto top = order.begin() + static_cast<std::ptrdiff_t>(std::min(most_hubs, order.size()));
  std::partial_sort(order.begin(), top, order.end(), [&](node left, node right) {
    check_interrupts();
    auto key = [&](node id) { return std::tuple(ids[id].text(), ids[id].kind); };
    if (neighbours[left] != neighbours[right]) return neighbours[left] > neighbours[right];
    return key(left) < key(right);
  });

  TupleDesc result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)->setDesc;
  Oid type = get_element_type(TupleDescAttr(result, result->natts - 1)->atttypid);
  TupleDesc shape = lookup_rowtype_tupdesc_copy(type, -1);
  Datum tuples[most_hubs];
  int count = 0;
  for (auto id = order.begin(); id != top; ++id) {
    bool users = source.form() == edge_form::users;
    Datum values[3] = {
        users ? pg::text_datum(ids[*id].text()) : pg::text_datum(source.kind_name(ids[*id].kind)),
        users ? BoolGetDatum(ids[*id].kind == user_kind) : pg::text_datum(ids[*id].text()),
        Int64GetDatum(neighbours[*id])};
    bool nulls[3] = {};
    tuples[count++] = HeapTupleGetDatum(heap_form_tuple(shape, values, nulls));
  }
  return PointerGetDatum(construct_array(tuples, count, type, -1, false, TYPALIGN_DOUBLE));
}

Datum alias_graph_stats(FunctionCallInfo fcinfo, const argument_positions& at) {
  workspace work("journey alias_graph_stats");
  row_writer out(fcinfo, work);
  reading input = read_edges(fcinfo, at, work, true);
  edge_source& source = input.source;
  alias_graph& graph = input.graph;
  pg::context_resource memory(work.context());
  std::pmr::vector<edge> edges = graph.edges();
  graph.resolve();

  const id_pool& ids = graph.ids();
  std::uint64_t users = 0;
  std::uint64_t members = 0;
  std::pmr::vector<std::uint64_t> sizes(&memory);
  for (std::size_t i = 0; i < graph.visitor_count(); ++i) {
    check_interrupts();
    std::span<const node> of = graph[i].members;
    sizes.push_back(of.size());
    members += of.size();
    for (node member : of) users += ids[member].kind == user_kind;
  }
  sort(sizes, std::less());
  auto linked = std::count_if(edges.begin(), edges.end(), [&graph](const edge& one) {
    check_interrupts();
    return !graph.blocked(one);
  });
  out.row([&] {
    out.number(members);
    if (source.form() == edge_form::users) out.number(users);
    out.number(static_cast<std::uint64_t>(linked));
    out.number(graph.refused().size());
    out.number(sizes.size());
    if (sizes.empty()) {
      out.null();
      out.null();
      out.null();
    } else {
      out.real(static_cast<double>(members) / static_cast<double>(sizes.size()));
      out.number(sizes[(sizes.size() * 99 + 99) / 100 - 1]);  // nearest rank
      out.number(sizes.back());
    }
    out.datum(hubs(fcinfo, source, graph, edges, &memory));
  });
  return Datum{0};
}

}  // namespace

JOURNEY_FUNCTION(resolve_aliases) { return resolve_aliases(fcinfo, with_users); }
JOURNEY_FUNCTION(resolve_aliases_of_kinds) { return resolve_aliases(fcinfo, with_kinds); }
JOURNEY_FUNCTION(resolve_aliases_of_kinds_text) { return resolve_aliases(fcinfo, with_kinds_text); }
JOURNEY_FUNCTION(alias_conflicts) { return alias_conflicts(fcinfo, with_users); }
JOURNEY_FUNCTION(alias_conflicts_of_kinds) { return alias_conflicts(fcinfo, with_kinds); }
JOURNEY_FUNCTION(alias_conflicts_of_kinds_text) { return alias_conflicts(fcinfo, with_kinds_text); }
JOURNEY_FUNCTION(alias_graph_stats) { return alias_graph_stats(fcinfo, with_users); }
JOURNEY_FUNCTION(alias_graph_stats_of_kinds) { return alias_graph_stats(fcinfo, with_kinds); }
JOURNEY_FUNCTION(alias_graph_stats_of_kinds_text) { return alias_graph_stats(fcinfo, with_kinds_text); }

JOURNEY_FUNCTION(alias_owners) {
  workspace work("journey alias_owners");
  row_writer out(fcinfo, work);
  auto& source = pg::make_in<edge_source>(work.context());
  source.read_arguments(fcinfo, {.edges = 0, .blocked = 2});
  std::uint64_t backfill = std::numeric_limits<std::uint64_t>::max();
  if (!PG_ARGISNULL(1)) {
    const Interval* interval = PG_GETARG_INTERVAL_P(1);
    std::int64_t micros = pg::duration(interval, "backfill");
    if (micros < 0)
      throw error(sqlstate::invalid_parameter_value,
                  "backfill must not be negative: " + pg::interval_text(interval), "Give NULL for no limit.");
    backfill = static_cast<std::uint64_t>(micros);
  }

  auto& log = pg::make_in<owner_log>(work.context());
  id_pool& ids = log.ids();
  auto log_in = [&](node alias, node user, instant seen_at) {
    if (alias == no_node || user == no_node || ids[alias].blocked || ids[user].blocked) return;
    if (seen_at < unknown_time - 1) log.add(alias, user, seen_at);  // nobody logs in at infinity
  };
  source.each_edge(ids, log_in, time_column::needed);
  TypeCacheEntry* type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
  for (const tenure& one : log.resolve(backfill)) {
    check_interrupts();
    out.row([&] {
      RangeBound since{TimestampTzGetDatum(one.since), one.since == always, true, true};
      RangeBound until{TimestampTzGetDatum(one.until), one.until == unknown_time, false, false};
      out.text(ids[one.alias].text());
      out.text(ids[one.user].text());
      out.datum(RangeTypePGetDatum(make_range(type, &since, &until, false, nullptr)));
    });
  }
  return Datum{0};
}
