#include "planner/groups_pg.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pg/aggregate.hpp"
#include "planner/streams_pg.hpp"

namespace journey::planner {
namespace {

/// What the aggregates of ours in a query are, taken together.
struct demands {
  int states = 0;  // of ours, in each group
  double bytes = 0;
  double bytes_per_row = 0;
  Expr* time = nullptr;
};

const pg::state_facts* facts_of(Oid transition) {
  if (get_func_namespace(transition) != get_namespace_oid("journey", true)) return nullptr;
  HeapTuple function = SearchSysCache1(PROCOID, ObjectIdGetDatum(transition));
  bool is_null;
  Datum symbol = SysCacheGetAttr(PROCOID, function, Anum_pg_proc_prosrc, &is_null);
  const pg::state_facts* facts = is_null ? nullptr : pg::state_facts::of(TextDatumGetCString(symbol));
  ReleaseSysCache(function);
  return facts;
}

demands demands_of(const PlannerInfo* root) {
  demands found;
  for (const ListCell& cell : pg::cells(root->aggtransinfos)) {
    const auto* call = static_cast<const AggTransInfo*>(lfirst(&cell));
    const pg::state_facts* facts = facts_of(call->transfn_oid);
    if (facts == nullptr) continue;
    ++found.states;
    found.bytes += facts->bytes;
    found.bytes_per_row += facts->bytes_per_row;
    if (found.time == nullptr) found.time = list_nth_node(TargetEntry, call->args, facts->time - 1)->expr;
  }
  return found;
}

// What hashed aggregates cost

/// How well the order of a table goes with that of an expression, from 0 to 1; `otherwise` where the server
/// doesn't know.
double correlation(PlannerInfo* root, Node* expression, double otherwise) {
  VariableStatData variable;
  examine_variable(root, expression, 0, &variable);
  double found = otherwise;
  AttStatsSlot slot;
  if (HeapTupleIsValid(variable.statsTuple) &&
      get_attstatsslot(&slot, variable.statsTuple, STATISTIC_KIND_CORRELATION, InvalidOid,
                       ATTSTATSSLOT_NUMBERS)) {
    if (slot.nnumbers == 1) found = std::abs(double{slot.numbers[0]});
    free_attstatsslot(&slot);
  }
  ReleaseVariableStats(variable);
  return found;
}

/// How scattered the rows of a group are, from 0 to 1. Events in order of time come in bursts, since that is
/// how people act; so do those of a table in order of a grouping key.
double scattering(PlannerInfo* root, const Path* input, const demands& of, const List* keys) {
  if (of.time == nullptr || input->pathkeys != NIL) return 0;
  double best = correlation(root, reinterpret_cast<Node*>(of.time), 1);
  for (const ListCell& cell : pg::cells(keys))
    best = std::max(best, correlation(root, static_cast<Node*>(lfirst(&cell)), 0));
  return 1 - best * best;
}

/// What it costs the hashed aggregates of a path that rows find the states of their groups out of the
/// processor's reach. The server takes all memory for near.
double far_states(const Path* path, const demands& of, double scattering) {
  constexpr double near_bytes = 4 << 20;
  switch (nodeTag(path)) {
    case T_AggPath: {
      const auto* aggregate = reinterpret_cast<const AggPath*>(path);
      double below = far_states(aggregate->subpath, of, scattering);
      if (aggregate->aggstrategy != AGG_HASHED) return below;
      double rows = aggregate->subpath->rows;
      double bytes = of.bytes * aggregate->numGroups + of.bytes_per_row * rows;
      double far = scattering * std::max(0.0, 1 - near_bytes / bytes);
      // A state that grows is looked up, then its rows, and these move to a larger place now and then.
      double misses = of.states * (of.bytes_per_row > 0 ? 4 : 1);
      return below + rows * far * misses * cpu_tuple_cost;
    }
    case T_GatherPath:
      return far_states(reinterpret_cast<const GatherPath*>(path)->subpath, of, scattering);
    case T_GatherMergePath:
      return far_states(reinterpret_cast<const GatherMergePath*>(path)->subpath, of, scattering);
    case T_SortPath:
    case T_IncrementalSortPath:
      return far_states(reinterpret_cast<const SortPath*>(path)->subpath, of, scattering);
    case T_ProjectionPath:
      return far_states(reinterpret_cast<const ProjectionPath*>(path)->subpath, of, scattering);
    default:
      return 0;
  }
}

void charge_for_far_states(RelOptInfo* output, const demands& of, double scattering) {
  if (of.states == 0 || scattering <= 0) return;
  List* paths = std::exchange(output->pathlist, NIL);
  for (const ListCell& cell : pg::cells(paths)) {
    auto* path = static_cast<Path*>(lfirst(&cell));
    double extra = far_states(path, of, scattering);
    path->startup_cost += extra;
    path->total_cost += extra;
    add_path(output, path);
  }
}

// What is offered beside them

/// The order of an expression's values, as pathkeys.
List* order_of(PlannerInfo* root, Expr* expression) {
  auto* by = makeNode(SortGroupClause);
  by->tleSortGroupRef = 1;
  get_sort_group_operators(exprType(reinterpret_cast<Node*>(expression)), true, true, false, &by->sortop,
                           &by->eqop, nullptr, &by->hashable);
  TargetEntry* column = makeTargetEntry(expression, 1, nullptr, true);
  column->ressortgroupref = by->tleSortGroupRef;
  return make_pathkeys_for_sortclauses(root, list_make1(by), list_make1(column));
}

/// Whether rows come in an order that a subquery made, on which aggregates in a query around it may count.
bool ordered_by_subquery(const Path* path) {
  if (IsA(path, ProjectionPath))
    return ordered_by_subquery(reinterpret_cast<const ProjectionPath*>(path)->subpath);
  return IsA(path, SubqueryScanPath) &&
         reinterpret_cast<const SubqueryScanPath*>(path)->subpath->pathkeys != NIL;
}

/// The rows of `base` as groups want them, in order of time within a group where that helps.
Path* grouped(PlannerInfo* root, RelOptInfo* output, Path* base, const stream& wanted, Expr* time) {
  if (satisfies(stream_of(root, base), wanted)) return base;
  if (time != nullptr && wanted.ordered == NIL && !ordered_by_subquery(base)) {
    Path* in_order = arranged(root, output, base, {wanted.parted, order_of(root, time)});
    if (as_partition_sort(in_order) != nullptr) return in_order;
  }
  return arranged(root, output, base, wanted);
}

}  // namespace

void offer_groups(PlannerInfo* root, RelOptInfo* input, RelOptInfo* output, const GroupPathExtraData& extra) {
  const Query* query = root->parse;
  int keys = pg::grouping_pathkeys(root);
  if (!query->hasAggs || query->groupingSets != NIL || keys == 0 || IS_OTHER_REL(output)) return;
  stream wanted{list_copy_head(root->group_pathkeys, keys), list_copy_tail(root->group_pathkeys, keys)};
  List* expressions = get_sortgrouplist_exprs(query->groupClause, extra.targetList);
  demands of = demands_of(root);
  Expr* time =
      of.time != nullptr && !contain_volatile_functions(reinterpret_cast<Node*>(of.time)) ? of.time : nullptr;
  charge_for_far_states(output, of, scattering(root, input->cheapest_total_path, of, expressions));

  AggClauseCosts costs{};
  get_agg_clause_costs(root, AGGSPLIT_SIMPLE, &costs);
  double groups = estimate_num_groups(root, expressions, input->cheapest_total_path->rows, nullptr, nullptr);
  for (const ListCell& cell : pg::cells(input->pathlist)) {
    auto* base = static_cast<Path*>(lfirst(&cell));
    if (base != input->cheapest_total_path && stream_of(root, base).parted == NIL) continue;
    Path* below = grouped(root, output, base, wanted, time);
    if (stream_of(root, below).parted == NIL) continue;  // in an order that the server has tried
    add_path(output, reinterpret_cast<Path*>(create_agg_path(
                         root, output, below, output->reltarget, AGG_SORTED, AGGSPLIT_SIMPLE,
                         pg::grouping_keys(root), castNode(List, extra.havingQual), &costs, groups)));
  }
}

}  // namespace journey::planner
