// What changes in a mapping that is already there: merge_aliases, unmerge_aliases.
#include "base/interrupts.hpp"
#include "identity/alias_unmerge.hpp"
#include "identity/stored_mapping_pg.hpp"

using namespace journey;
using namespace journey::identity;

namespace {

void put(row_writer& out, std::span<const change> changes) {
  for (const change& one : changes) {
    check_interrupts();
    out.changed(one);
  }
}

Datum merge_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  if (PG_ARGISNULL(0)) pg::null_argument("current");
  edge_call call(fcinfo, at);
  graph_rules rules = call.source.rules();
  rules.in_order = true;
  alias_graph graph(call.memory(), call.source.ids(), rules);
  call.source.each_edge(
      [&graph](node weak, node strong, instant seen_at) { graph.add(weak, strong, seen_at); });

  stored_mapping current(pg::text_argument(fcinfo, 0), call);
  touched_ids touched(call.memory(), graph);
  current.read(touched);
  growing_visitors growing(call.memory(), std::move(touched));
  current.read(growing);
  put(call.out, growing.resolve(call.source.kind_rules()));
  return Datum{0};
}

/// Likely a slip: told, but no error, as one list may serve many visitors.
void warn_of(const left_out_pairs::strangers& found, const id_pool& ids) {
  if (found.count == 0) return;
  const id_pool::id& left = ids[found.left];
  const id_pool::id& right = ids[found.right];
  ereport(WARNING,
          errmsg("edges does not hold %zu of the pairs in without, such as (%.*s, %.*s)", found.count,
                 static_cast<int>(left.length), left.bytes, static_cast<int>(right.length), right.bytes));
}

Datum unmerge_aliases(FunctionCallInfo fcinfo, const argument_positions& at) {
  if (PG_ARGISNULL(1)) pg::null_argument("without");
  edge_call call(fcinfo, at);
  left_out_pairs without(call.memory());
  call.source.each_pair(pg::text_argument(fcinfo, 1), "without", [&without](node left, node right) {
    if (left != no_node && right != no_node) without.add(left, right);
  });
  divided_graph graph(call.memory(), call.source.ids(), call.source.rules(), without);
  call.source.each_edge(
      [&graph](node weak, node strong, instant seen_at) { graph.add(weak, strong, seen_at); });
  warn_of(without.never_held(), call.source.ids());
  put(call.out, graph.resolve(call.source.kind_rules()));
  return Datum{0};
}

constexpr argument_positions merge_with_users{.edges = 1, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions merge_with_kinds{
    .edges = 1, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5};
constexpr argument_positions merge_with_kinds_text{
    .edges = 1, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5, .text_list = 3};
constexpr argument_positions unmerge_with_users{.edges = 0, .blocked = 2, .max_users = 3, .max_members = 4};
constexpr argument_positions unmerge_with_kinds{
    .edges = 0, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5};
constexpr argument_positions unmerge_with_kinds_text{
    .edges = 0, .blocked = 4, .priority = 2, .unique_kinds = 3, .max_members = 5, .text_list = 3};

}  // namespace

JOURNEY_FUNCTION(merge_aliases) { return merge_aliases(fcinfo, merge_with_users); }
JOURNEY_FUNCTION(merge_aliases_of_kinds) { return merge_aliases(fcinfo, merge_with_kinds); }
JOURNEY_FUNCTION(merge_aliases_of_kinds_text) { return merge_aliases(fcinfo, merge_with_kinds_text); }
JOURNEY_FUNCTION(unmerge_aliases) { return unmerge_aliases(fcinfo, unmerge_with_users); }
JOURNEY_FUNCTION(unmerge_aliases_of_kinds) { return unmerge_aliases(fcinfo, unmerge_with_kinds); }
JOURNEY_FUNCTION(unmerge_aliases_of_kinds_text) { return unmerge_aliases(fcinfo, unmerge_with_kinds_text); }
