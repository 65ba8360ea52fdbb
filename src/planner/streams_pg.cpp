#include "planner/streams_pg.hpp"

#include <algorithm>
#include <cmath>

#include "planner/row_table.hpp"

namespace journey::planner {
namespace {

const PathKey* pathkey(const ListCell& cell) { return static_cast<const PathKey*>(lfirst(&cell)); }

/// Whether a key tells apart what one of the keys does, in whatever direction that orders it.
bool tells_apart(const List* keys, const PathKey* key) {
  return std::ranges::any_of(pg::cells(keys), [key](const ListCell& cell) {
    return pathkey(cell)->pk_eclass == key->pk_eclass && pathkey(cell)->pk_opfamily == key->pk_opfamily;
  });
}

bool all_tell_apart(const List* keys, const List* some) {
  return std::ranges::all_of(pg::cells(some),
                             [keys](const ListCell& cell) { return tells_apart(keys, pathkey(cell)); });
}

/// How many of the first keys of `ordered` are among `parted`.
int leading(const List* ordered, const List* parted) {
  int count = 0;
  for (const ListCell& cell : pg::cells(ordered)) {
    if (!tells_apart(parted, pathkey(cell))) break;
    ++count;
  }
  return count;
}

/// A subquery's stream as the query around it sees it.
stream converted(PlannerInfo* root, const SubqueryScanPath* path) {
  stream inner = stream_of(path->path.parent->subroot, path->subpath);
  stream outer;
  List* columns = make_tlist_from_pathtarget(path->subpath->pathtarget);
  for (const ListCell& cell : pg::cells(inner.parted)) {
    List* key = convert_subquery_pathkeys(root, path->path.parent, list_make1(lfirst(&cell)), columns);
    if (key == NIL) return {NIL, path->path.pathkeys};
    outer.parted = list_concat(outer.parted, key);
  }
  outer.ordered = convert_subquery_pathkeys(root, path->path.parent, inner.ordered, columns);
  return outer;
}

/// The column of a path's rows that a pathkey speaks of; false if there is none, or none that can be hashed
/// where that is asked for.
bool find_column(const Path* path, const PathKey* key, bool hashed, sort_key* found) {
  EquivalenceClass* same = key->pk_eclass;
  const PathTarget* target = path->pathtarget;
  AttrNumber column = 0;
  for (const ListCell& cell : pg::cells(target->exprs)) {
    auto* expression = static_cast<Expr*>(lfirst(&cell));
    Oid type;
    if (same->ec_has_volatile) {
      if (target->sortgrouprefs == nullptr || target->sortgrouprefs[column] != same->ec_sortref) {
        ++column;
        continue;
      }
      type = linitial_node(EquivalenceMember, same->ec_members)->em_datatype;
    } else {
      const EquivalenceMember* member = find_ec_member_matching_expr(same, expression, nullptr);
      if (member == nullptr) {
        ++column;
        continue;
      }
      type = member->em_datatype;
    }
    found->column = static_cast<AttrNumber>(column + 1);
    found->before = pg::ordering_operator(key, type);
    found->equal = get_opfamily_member(key->pk_opfamily, type, type, BTEqualStrategyNumber);
    found->collation = same->ec_collation;
    found->nulls_first = key->pk_nulls_first;
    return OidIsValid(found->before) && OidIsValid(found->equal) &&
           (!hashed || op_hashjoinable(found->equal, exprType(reinterpret_cast<Node*>(expression))));
  }
  return false;
}

/// Adds the columns of `from` to `to`; false where one can't be had.
bool find_columns(const Path* path, const List* from, bool hashed, List** to) {
  return std::ranges::all_of(pg::cells(from), [=](const ListCell& cell) {
    sort_key key;
    if (!find_column(path, pathkey(cell), hashed, &key)) return false;
    *to = lappend(*to, to_list(key));
    return true;
  });
}

/// How many values the columns have between them, by the server's statistics.
double distinct(PlannerInfo* root, const Path* path, const List* columns, double rows) {
  if (columns == NIL) return 1;
  List* expressions = NIL;
  for (const ListCell& cell : pg::cells(columns))
    expressions = lappend(expressions, list_nth(path->pathtarget->exprs, to_key(lfirst(&cell)).column - 1));
  return std::clamp(estimate_num_groups(root, expressions, rows, nullptr, nullptr), 1.0, rows);
}

/// What a partition sort costs, in the terms of the server's own sort: a comparison is two operators, a page
/// of a temporary file is mostly read in a row.
void set_costs(PlannerInfo* root, partition_sort_path* sort, const Path* input) {
  const sort_keys& keys = sort->keys;
  double rows = std::max(input->rows, 1.0);
  double groups = distinct(root, input, keys.contiguous, rows);
  double partitions =
      std::max(groups, distinct(root, input, list_concat_copy(keys.contiguous, keys.parted), rows));

  double gathering = cpu_operator_cost * rows * (1 + list_length(keys.parted) + list_length(keys.contiguous));
  double comparisons = keys.ordered == NIL ? 0 : rows * std::log2(std::max(rows / partitions, 2.0));
  double ordering = 2 * cpu_operator_cost * comparisons + cpu_operator_cost * rows;

  double width = MAXALIGN(input->pathtarget->width) + MAXALIGN(SizeofMinimalTupleHeader);
  double bytes = rows / groups * (width + static_cast<double>(row_table::bytes_for(1)));
  if (auto memory = static_cast<double>(get_hash_memory_limit()); bytes > memory) {
    double pages = std::ceil(rows * width / BLCKSZ);
    double passes = std::ceil(std::max(std::log(bytes / memory) / std::log(64), 1.0));
    gathering += 2 * passes * pages * (0.75 * seq_page_cost + 0.25 * random_page_cost);
  }

  Path& path = sort->custom.path;
  double first = (input->total_cost - input->startup_cost + gathering) / groups;
  path.startup_cost = input->startup_cost + first + ordering / partitions;
  path.total_cost = input->total_cost + gathering + ordering;
  pg::set_disabled_nodes(&path, pg::disabled_nodes(input));
}

/// Null where a partition sort can't do it.
Path* partition_sorted(PlannerInfo* root, RelOptInfo* parent, Path* input, const stream& have,
                       const stream& wanted) {
  if (wanted.parted == NIL) return nullptr;
  List* contiguous = all_tell_apart(wanted.parted, have.parted) ? list_copy(have.parted) : NIL;
  if (contiguous != NIL || have.parted == NIL)
    contiguous = list_concat(contiguous, list_copy_head(have.ordered, leading(have.ordered, wanted.parted)));
  List* parted = NIL;
  for (const ListCell& cell : pg::cells(wanted.parted))
    if (!tells_apart(contiguous, pathkey(cell))) parted = lappend(parted, lfirst(&cell));

  sort_keys keys;
  if (!find_columns(input, contiguous, true, &keys.contiguous) ||
      !find_columns(input, parted, true, &keys.parted) ||
      !find_columns(input, wanted.ordered, false, &keys.ordered))
    return nullptr;
  partition_sort_path* sort = new_partition_sort(parent, input, keys);
  sort->parted = wanted.parted;
  sort->ordered = wanted.ordered;
  set_costs(root, sort, input);
  return &sort->custom.path;
}

}  // namespace

stream stream_of(PlannerInfo* root, Path* path) {
  if (const partition_sort_path* sort = as_partition_sort(path)) return {sort->parted, sort->ordered};
  switch (nodeTag(path)) {
    case T_WindowAggPath:
      return stream_of(root, castNode(WindowAggPath, path)->subpath);
    case T_ProjectionPath:
      return stream_of(root, castNode(ProjectionPath, path)->subpath);
    case T_SubqueryScanPath:
      return converted(root, castNode(SubqueryScanPath, path));
    case T_AggPath:
      if (auto* grouped = castNode(AggPath, path); grouped->aggstrategy == AGG_SORTED)
        if (List* parted = stream_of(root, grouped->subpath).parted; parted != NIL) return {parted, NIL};
      break;
    default:
      break;
  }
  return {NIL, path->pathkeys};
}

bool satisfies(const stream& have, const stream& wanted) {
  if (wanted.parted == NIL && wanted.ordered == NIL) return true;
  if (!all_tell_apart(wanted.parted, have.parted)) return false;
  // What the rows are not parted by yet must lead their order.
  int first = leading(have.ordered, wanted.parted);
  List* parted = list_concat_copy(have.parted, list_copy_head(have.ordered, first));
  if (!all_tell_apart(parted, wanted.parted)) return false;
  List* rest = list_copy_tail(have.ordered, first);
  return pathkeys_contained_in(wanted.ordered, rest);
}

Path* arranged(PlannerInfo* root, RelOptInfo* parent, Path* input, const stream& wanted) {
  stream have = stream_of(root, input);
  if (satisfies(have, wanted)) return input;
  auto* sorted = reinterpret_cast<Path*>(
      create_sort_path(root, parent, input, list_concat_copy(wanted.parted, wanted.ordered), -1));
  Path* partitioned = partition_sorted(root, parent, input, have, wanted);
  return partitioned != nullptr && compare_path_costs(partitioned, sorted, TOTAL_COST) < 0 ? partitioned
                                                                                           : sorted;
}

}  // namespace journey::planner
