// What is known of the order in which a path gives its rows, beyond what the server's pathkeys can say.
#pragma once

#include "pg/planner.hpp"
#include "planner/partition_sort_pg.hpp"

namespace journey::planner {

/// Rows that are equal in `parted` come together, in the order of `ordered`. Lists of pathkeys; with nothing
/// in `parted`, all rows are in that order.
struct stream {
  List* parted = NIL;
  List* ordered = NIL;
};

/// How a path gives its rows.
stream stream_of(PlannerInfo* root, Path* path);

/// Whether rows that come as `have` come as `wanted`, too.
bool satisfies(const stream& have, const stream& wanted);

/// The cheapest way to have the rows of `input` come as `wanted`: as they are, through the server's sort, or
/// through a partition sort.
Path* arranged(PlannerInfo* root, RelOptInfo* parent, Path* input, const stream& wanted);

}  // namespace journey::planner
