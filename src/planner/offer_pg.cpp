// Where partition sorts are offered to the planner.
#include <algorithm>
#include <cstring>

#include "pg/entry.hpp"
#include "planner/groups_pg.hpp"
#include "planner/partition_sort_pg.hpp"
#include "planner/streams_pg.hpp"

namespace journey::planner {
namespace {

enum class offer : int { off, journey, all };
int setting = static_cast<int>(offer::journey);
const config_enum_entry settings[] = {{"off", static_cast<int>(offer::off), false},
                                      {"journey", static_cast<int>(offer::journey), false},
                                      {"all", static_cast<int>(offer::all), false},
                                      {nullptr, 0, false}};

bool is_ours(Oid function, void* schema) {
  return get_func_namespace(function) == *static_cast<Oid*>(schema);
}

bool calls_ours(Node* node, void* schema) {
  if (node == nullptr) return false;
  if (check_functions_in_node(node, is_ours, schema)) return true;
  if (IsA(node, Query)) return pg::walk_query(castNode(Query, node), calls_ours, schema);
  return pg::walk_below(node, calls_ours, schema);
}

/// Whether the statement that `root` is a part of calls a function of this extension.
bool statement_calls_ours(const PlannerInfo* root) {
  Oid schema = get_namespace_oid("journey", true);
  if (!OidIsValid(schema)) return false;
  while (root->parent_root != nullptr) root = root->parent_root;
  if (calls_ours(reinterpret_cast<Node*>(root->parse), &schema)) return true;
  // Subqueries within expressions have become plans of their own.
  return std::ranges::any_of(pg::cells(root->glob->subroots), [&schema](const ListCell& cell) {
    return calls_ours(reinterpret_cast<Node*>(static_cast<const PlannerInfo*>(lfirst(&cell))->parse),
                      &schema);
  });
}

bool offered_for(const PlannerInfo* root) {
  switch (static_cast<offer>(setting)) {
    case offer::off:
      return false;
    case offer::all:
      return true;
    case offer::journey:
      return statement_calls_ours(root);
  }
  return false;
}

/// How a window wants its rows.
stream wanted_by(PlannerInfo* root, const WindowClause* window) {
  List* parted = make_pathkeys_for_sortclauses(root, window->partitionClause, root->processed_tlist);
  List* all = make_pathkeys_for_sortclauses(
      root, list_concat_copy(window->partitionClause, window->orderClause), root->processed_tlist);
  return {parted, list_copy_tail(all, list_length(parted))};
}

/// The windows of `like` over `base`, with what each of them needs below it.
Path* windows_like(PlannerInfo* root, const WindowAggPath* like, Path* base) {
  Path* below = like->subpath;
  if (IsA(below, SortPath) || IsA(below, IncrementalSortPath))
    below = reinterpret_cast<SortPath*>(below)->subpath;
  bool chained = IsA(below, WindowAggPath) && below->parent == like->path.parent;
  Path* input = chained ? windows_like(root, castNode(WindowAggPath, below), base) : base;
  input = arranged(root, like->path.parent, input, wanted_by(root, like->winclause));

  auto* window = makeNode(WindowAggPath);
  *window = *like;
  window->subpath = input;
  window->path.startup_cost += input->startup_cost - like->subpath->startup_cost;
  window->path.total_cost += input->total_cost - like->subpath->total_cost;
  window->path.rows = input->rows;
  window->path.parallel_safe = like->path.parent->consider_parallel && input->parallel_safe;
  window->path.parallel_workers = input->parallel_workers;
  window->path.pathkeys = input->pathkeys;
  pg::set_disabled_nodes(&window->path, pg::disabled_nodes(&like->path) - pg::disabled_nodes(like->subpath) +
                                            pg::disabled_nodes(input));
  return &window->path;
}

/// Offers the windows of `output` over partition sorts, beside what the server has found.
void offer_windows(PlannerInfo* root, RelOptInfo* input, RelOptInfo* output) {
  const WindowAggPath* like = nullptr;
  for (const ListCell& cell : pg::cells(output->pathlist))
    if (IsA(lfirst(&cell), WindowAggPath)) like = static_cast<const WindowAggPath*>(lfirst(&cell));
  if (like == nullptr) return;
  List* offers = NIL;
  for (const ListCell& cell : pg::cells(input->pathlist)) {
    auto* base = static_cast<Path*>(lfirst(&cell));
    if (base == input->cheapest_total_path || stream_of(root, base).parted != NIL)
      offers = lappend(offers, windows_like(root, like, base));
  }
  // An offer that is taken may do away with the path that it is like.
  for (const ListCell& cell : pg::cells(offers)) add_path(output, static_cast<Path*>(lfirst(&cell)));
}

void offer_paths(PlannerInfo* root, UpperRelationKind kind, RelOptInfo* input, RelOptInfo* output,
                 void* extra) {
  if ((kind != UPPERREL_WINDOW && kind != UPPERREL_GROUP_AGG) || !offered_for(root)) return;
  if (kind == UPPERREL_WINDOW)
    offer_windows(root, input, output);
  else
    offer_groups(root, input, output, *static_cast<GroupPathExtraData*>(extra));
}

const pg::at_load start([] {
  DefineCustomEnumVariable("journey.partition_sort",
                           "Which queries may use partition sorts in place of sorts.",
                           "journey: those that call a function of the extension; all: every query of a "
                           "session that has loaded the library; off: none.",
                           &setting, static_cast<int>(offer::journey), settings, PGC_USERSET, GUC_EXPLAIN,
                           nullptr, nullptr, nullptr);
  register_partition_sort();
  pg::set_upper_paths(offer_paths);
});

}  // namespace
}  // namespace journey::planner
