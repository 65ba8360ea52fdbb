// From edges to visitors: resolve_aliases, alias_conflicts, alias_graph_stats.
#include <utility>

#include "base/interrupts.hpp"
#include "identity/edge_call_pg.hpp"
#include "identity/graph_stats.hpp"
#include "pg/composite.hpp"

using namespace journey;
using namespace journey::identity;

namespace {

constexpr argument_positions with_users{
    .edges = 0, .mode = 1, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions with_kinds{
    .edges = 0, .blocked = 3, .priority = 1, .unique_kinds = 2, .max_members = 4};
constexpr argument_positions with_kinds_text{
    .edges = 0, .blocked = 3, .priority = 1, .unique_kinds = 2, .max_members = 4, .text_list = 1};

/// The edges of a call as a graph.
alias_graph graph_of(edge_call& call, graph_rules rules) {
  alias_graph graph(call.memory(), call.source.ids(), rules);
  call.source.each_edge(
      [&graph](node weak, node strong, instant seen_at) { graph.add(weak, strong, seen_at); });
  return graph;
}

/// As above, with all that the rules refuse.
alias_graph whole_graph_of(edge_call& call) {
  graph_rules rules = call.source.rules();
  rules.in_order = true;
  return graph_of(call, rules);
}

Datum resolve_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  edge_call call(fcinfo, at);
  row_writer& out = call.out;
  const id_pool& ids = call.source.ids();
  alias_graph graph = graph_of(call, call.source.rules());
  visitors found(call.memory(), graph, call.source.kind_rules());
  for (std::size_t i = 0; i < found.size(); ++i) {
    visitor whole = found[i];
    for (node member : whole.members) {
      check_interrupts();
      out.row([&] {
        out.id(member);
        out.visitor(whole.id);
        out.number(whole.members.size());
        out.time(ids[member].first_seen);
        out.time(ids[member].last_seen);
      });
    }
  }
  return Datum{0};
}

const char* reason_text(edge_form form, refusal reason) {
  switch (reason) {
    case refusal::blocked:
      return "blocked";
    case refusal::max_of_kind:
      return form == edge_form::users ? "max_users" : "unique_kinds";
    case refusal::max_members:
      return "max_members";
  }
  return nullptr;
}

Datum alias_conflicts(FunctionCallInfo fcinfo, const argument_positions& at) {
  edge_call call(fcinfo, at);
  row_writer& out = call.out;
  const id_pool& ids = call.source.ids();
  alias_graph graph = whole_graph_of(call);
  visitors found(call.memory(), graph, call.source.kind_rules());
  for (const refused_edge& refused : found.refused()) {
    check_interrupts();
    out.row([&] {
      if (call.source.form() == edge_form::users) {
        node alias = refused.edge.left;
        node user = refused.edge.right;
        if (ids[alias].kind == user_kind) std::swap(alias, user);
        for (node end : {alias, user}) end == no_node ? out.null() : out.text(ids[end].text());
      } else {
        out.id(refused.edge.left);
        out.id(refused.edge.right);
      }
      out.text(reason_text(call.source.form(), refused.reason));
      out.time(refused.edge.seen_at);
    });
  }
  return Datum{0};
}

/// As an array of alias_hub or id_hub.
Datum hubs_datum(const edge_call& call, std::span<const hub> hubs) {
  bool users = call.source.form() == edge_form::users;
  MemoryContext context = call.work.context();
  auto type = users ? pg::row_type::named(context, "alias_hub", {TEXTOID, BOOLOID, INT8OID})
                    : pg::row_type::named(context, "id_hub", {TEXTOID, TEXTOID, INT8OID});
  auto* rows = static_cast<Datum*>(palloc(sizeof(Datum) * (hubs.size() + 1)));
  for (std::size_t i = 0; i < hubs.size(); ++i) {
    auto [first, second] = call.out.columns_of(hubs[i].id).values;
    Datum values[] = {first, second, Int64GetDatum(static_cast<std::int64_t>(hubs[i].neighbours))};
    bool nulls[3] = {};
    rows[i] = type.row(values, nulls);
  }
  return type.array(rows, hubs.size());
}

Datum alias_graph_stats(FunctionCallInfo fcinfo, const argument_positions& at) {
  constexpr std::size_t most_hubs = 10;
  edge_call call(fcinfo, at);
  row_writer& out = call.out;
  alias_graph graph = whole_graph_of(call);
  visitors found(call.memory(), graph, call.source.kind_rules());
  graph_stats stats = stats_of(graph, found, most_hubs, call.memory());
  out.row([&] {
    out.number(stats.ids);
    if (call.source.form() == edge_form::users)
      out.number(user_kind < stats.of_kinds.size() ? stats.of_kinds[user_kind] : 0);
    out.number(stats.links);
    out.number(stats.refused);
    out.number(stats.visitors);
    if (stats.visitors == 0) {
      out.null();
      out.null();
      out.null();
    } else {
      out.real(stats.mean_members);
      out.number(stats.p99_members);
      out.number(stats.most_members);
    }
    out.datum(hubs_datum(call, stats.hubs));
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
