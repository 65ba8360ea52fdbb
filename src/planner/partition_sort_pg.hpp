// Partition sort: a node of plans that brings the rows of each partition together and puts them in order
// there.
#pragma once

#include "pg/planner.hpp"

namespace journey::planner {

/// A column of the rows by which they are told apart or put in order.
struct sort_key {
  AttrNumber column;
  Oid equal;   // operator
  Oid before;  // operator
  Oid collation;
  bool nulls_first;
};

/// What a partition sort goes by. Lists of sort keys as in `to_list`, since plans travel to parallel workers.
struct sort_keys {
  List* contiguous = NIL;  // rows equal in these come together already, so one such group is held at a time
  List* parted = NIL;      // rows equal in these as well shall come together
  List* ordered = NIL;     // and be in this order
};

/// A sort key as a list of OIDs, and back.
List* to_list(const sort_key& key);
sort_key to_key(const void* list);

/// The path of a partition sort. Paths are neither copied nor written out, so it may hold more than its plan.
struct partition_sort_path {
  CustomPath custom;
  sort_keys keys;
  List* parted;   // pathkeys: the rows that it gives come together by these
  List* ordered;  // pathkeys: and are in this order there
};

/// A path of `parent` over `input`, whose costs are still to be set.
partition_sort_path* new_partition_sort(RelOptInfo* parent, Path* input, const sort_keys& keys);

/// Null unless the path is a partition sort.
const partition_sort_path* as_partition_sort(const Path* path);

/// To be called once, when the library is loaded: plans that name the node can then be read.
void register_partition_sort();

}  // namespace journey::planner
