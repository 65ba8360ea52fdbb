// Rows as the server's tuples: by which columns they are told apart and put in order.
#pragma once

#include <memory_resource>
#include <vector>

#include "pg/planner.hpp"
#include "planner/partition_sort_pg.hpp"
#include "planner/row_table.hpp"

namespace journey::planner {

/// A column of a row's tuple.
Datum attribute(const row& of, AttrNumber column, TupleDesc shape, bool* is_null);

/// Columns by which rows are told apart.
class part_columns {
 public:
  part_columns(std::pmr::memory_resource* memory, const List* keys, TupleDesc shape);

  bool empty() const { return columns_.empty(); }
  /// Of the columns of a row that comes in; rows with the same keys have the same hash.
  std::uint32_t hash(TupleTableSlot* input);
  bool same(const row& left, const row& right);
  bool same(TupleTableSlot* left, TupleTableSlot* right);

 private:
  struct column {
    sort_key key;
    bool by_value;
    std::int16_t length;
    FmgrInfo hash;
    FmgrInfo equal;
  };
  static bool same(column& by, Datum left, bool left_null, Datum right, bool right_null);

  TupleDesc shape_;
  std::pmr::vector<column> columns_;
};

/// The order of rows within their partition.
class row_order {
 public:
  row_order(std::pmr::memory_resource* memory, const List* keys, TupleDesc shape);

  bool empty() const { return keys_.empty(); }
  /// The first key of a tuple as a number in its order, as far as that can be had.
  std::uint64_t prefix(const row& of) const;
  bool before(const row& left, const row& right);

 private:
  enum class kind { int16, int32, int64, float4, float8, other };
  static kind kind_of(bool reverse, Oid before);

  TupleDesc shape_;
  std::pmr::vector<SortSupportData> keys_;
  kind kind_ = kind::other;      // of the first key
  bool prefix_settles_ = false;  // but for NULLs, which share a number with the first or the last value
};

}  // namespace journey::planner
