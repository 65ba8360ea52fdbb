// How a room has a say in plans, and the server's headers for that.
#pragma once

#include <cstdint>
#include <span>

#include "pg/postgres.hpp"

extern "C" {
#include "access/stratnum.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "commands/explain.h"
#include "common/hashfn.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "optimizer/prep.h"
#include "optimizer/tlist.h"
#include "parser/parse_oper.h"
#include "storage/buffile.h"
#include "utils/guc.h"
#include "utils/ruleutils.h"
#include "utils/selfuncs.h"
#include "utils/sortsupport.h"
#include "utils/syscache.h"
#include "utils/tuplesort.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
}

namespace journey::pg {

/// The cells of a list, which may be NIL.
inline std::span<const ListCell> cells(const List* list) {
  if (list == NIL) return {};
  return {list->elements, static_cast<std::size_t>(list->length)};
}

/// A step of the library's loading. To be made at namespace scope: all of them run when a session first needs
/// the library, in no order that could be told.
class at_load {
 public:
  explicit at_load(void (*step)()) : step_(step), next_(first) { first = this; }
  static void run() {
    for (const at_load* each = first; each != nullptr; each = each->next_) each->step_();
  }

 private:
  void (*step_)();
  const at_load* next_;
  static inline constinit const at_load* first = nullptr;
};

/// Adds paths to `output` while a query is planned; see the server's create_upper_paths_hook.
using offer_paths = void (*)(PlannerInfo* root, UpperRelationKind kind, RelOptInfo* input, RelOptInfo* output,
                             void* extra);

/// Lets `offer` add paths, after the server and other libraries have; it may throw. One for the whole
/// library.
void set_upper_paths(offer_paths offer);

/// How many nodes of a path the user's settings speak against, where the server counts that.
inline int disabled_nodes([[maybe_unused]] const Path* path) {
#if PG_VERSION_NUM >= 180000
  return path->disabled_nodes;
#else
  return 0;
#endif
}
inline void set_disabled_nodes(Path* path, int count) {
#if PG_VERSION_NUM >= 180000
  path->disabled_nodes = count;
#endif
}

/// The keys by which a query groups, without those that others imply where the server leaves these out.
inline List* grouping_keys(const PlannerInfo* root) {
#if PG_VERSION_NUM >= 160000
  return root->processed_groupClause;
#else
  return root->parse->groupClause;
#endif
}
/// How many of the pathkeys of its groups these are; the rest is an order that aggregates want within a
/// group.
inline int grouping_pathkeys(const PlannerInfo* root) {
#if PG_VERSION_NUM >= 160000
  return root->num_groupby_pathkeys;
#else
  return list_length(root->group_pathkeys);
#endif
}

/// The operator of an ordering by a pathkey, for a type.
inline Oid ordering_operator(const PathKey* key, Oid type) {
#if PG_VERSION_NUM >= 180000
  return get_opfamily_member_for_cmptype(key->pk_opfamily, type, type, key->pk_cmptype);
#else
  return get_opfamily_member(key->pk_opfamily, type, type, static_cast<std::int16_t>(key->pk_strategy));
#endif
}

/// Whether an ordering operator orders downwards.
inline bool is_descending(Oid ordering) {
  Oid family, type;
#if PG_VERSION_NUM >= 180000
  CompareType direction;
  constexpr CompareType down = COMPARE_GT;
#else
  std::int16_t direction;
  constexpr std::int16_t down = BTGreaterStrategyNumber;
#endif
  return get_ordering_op_properties(ordering, &family, &type, &direction) && direction == down;
}

}  // namespace journey::pg
