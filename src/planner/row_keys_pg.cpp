#include "planner/row_keys_pg.hpp"

#include "base/error.hpp"

namespace journey::planner {

Datum attribute(const row& of, AttrNumber column, TupleDesc shape, bool* is_null) {
  auto* tuple = static_cast<MinimalTuple>(of.tuple);
  HeapTupleData whole;
  whole.t_len = tuple->t_len + MINIMAL_TUPLE_OFFSET;
  whole.t_data = reinterpret_cast<HeapTupleHeader>(reinterpret_cast<char*>(tuple) - MINIMAL_TUPLE_OFFSET);
  return heap_getattr(&whole, column, shape, is_null);
}

part_columns::part_columns(std::pmr::memory_resource* memory, const List* keys, TupleDesc shape)
    : shape_(shape), columns_(memory) {
  for (const ListCell& cell : pg::cells(keys)) {
    column& added = columns_.emplace_back();
    added.key = to_key(lfirst(&cell));
    const auto* described = TupleDescAttr(shape, added.key.column - 1);
    added.by_value = described->attbyval;
    added.length = described->attlen;
    Oid hash;
    if (!get_op_hash_functions(added.key.equal, &hash, nullptr))
      throw error(sqlstate::internal_error, "a partition key has no hash function");
    fmgr_info(hash, &added.hash);
    fmgr_info(get_opcode(added.key.equal), &added.equal);
  }
}

std::uint32_t part_columns::hash(TupleTableSlot* input) {
  std::uint32_t hash = 0;
  for (column& each : columns_) {
    bool is_null;
    Datum value = slot_getattr(input, each.key.column, &is_null);
    hash = hash << 1 | hash >> 31;
    if (!is_null) hash ^= DatumGetUInt32(FunctionCall1Coll(&each.hash, each.key.collation, value));
  }
  return murmurhash32(hash);  // the parts of a hash must be even, too
}

bool part_columns::same(column& by, Datum left, bool left_null, Datum right, bool right_null) {
  if (left_null || right_null) return left_null && right_null;
  // What is the same byte for byte is equal under any operator.
  return datum_image_eq(left, right, by.by_value, by.length) ||
         DatumGetBool(FunctionCall2Coll(&by.equal, by.key.collation, left, right));
}

bool part_columns::same(const row& left, const row& right) {
  for (column& each : columns_) {
    bool left_null, right_null;
    Datum left_value = attribute(left, each.key.column, shape_, &left_null);
    Datum right_value = attribute(right, each.key.column, shape_, &right_null);
    if (!same(each, left_value, left_null, right_value, right_null)) return false;
  }
  return true;
}

bool part_columns::same(TupleTableSlot* left, TupleTableSlot* right) {
  for (column& each : columns_) {
    bool left_null, right_null;
    Datum left_value = slot_getattr(left, each.key.column, &left_null);
    Datum right_value = slot_getattr(right, each.key.column, &right_null);
    if (!same(each, left_value, left_null, right_value, right_null)) return false;
  }
  return true;
}

row_order::row_order(std::pmr::memory_resource* memory, const List* keys, TupleDesc shape)
    : shape_(shape), keys_(memory) {
  for (const ListCell& cell : pg::cells(keys)) {
    sort_key key = to_key(lfirst(&cell));
    SortSupportData& support = keys_.emplace_back();
    support.ssup_cxt = CurrentMemoryContext;
    support.ssup_collation = key.collation;
    support.ssup_nulls_first = key.nulls_first;
    support.ssup_attno = key.column;
    PrepareSortSupportFromOrderingOp(key.before, &support);
  }
  if (keys_.empty()) return;
  kind_ = kind_of(keys_[0].ssup_reverse, to_key(linitial(keys)).before);
  prefix_settles_ = kind_ != kind::other && keys_.size() == 1;
}

row_order::kind row_order::kind_of(bool reverse, Oid before) {
  Oid type, same_type;
  op_input_types(before, &type, &same_type);
  const TypeCacheEntry* orders = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
  if (before != (reverse ? orders->gt_opr : orders->lt_opr)) return kind::other;
  switch (type) {
    case INT2OID:
      return kind::int16;
    case INT4OID:
    case DATEOID:
      return kind::int32;
    case INT8OID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
      return kind::int64;
    case FLOAT4OID:
      return kind::float4;
    case FLOAT8OID:
      return kind::float8;
    default:
      return kind::other;
  }
}

std::uint64_t row_order::prefix(const row& of) const {
  if (kind_ == kind::other) return 0;
  const SortSupportData& key = keys_[0];
  bool is_null;
  Datum value = attribute(of, key.ssup_attno, shape_, &is_null);
  if (is_null) return key.ssup_nulls_first ? 0 : UINT64_MAX;
  std::uint64_t number = 0;
  switch (kind_) {
    case kind::int16:
      number = prefix_of(std::int64_t{DatumGetInt16(value)});
      break;
    case kind::int32:
      number = prefix_of(std::int64_t{DatumGetInt32(value)});
      break;
    case kind::int64:
      number = prefix_of(std::int64_t{DatumGetInt64(value)});
      break;
    case kind::float4:
      number = prefix_of(double{DatumGetFloat4(value)});
      break;
    case kind::float8:
      number = prefix_of(DatumGetFloat8(value));
      break;
    case kind::other:
      break;
  }
  return key.ssup_reverse ? ~number : number;
}

bool row_order::before(const row& left, const row& right) {
  if (left.prefix != right.prefix) return left.prefix < right.prefix;
  if (prefix_settles_ && left.prefix != 0 && left.prefix != UINT64_MAX) return false;
  for (SortSupportData& key : keys_) {
    bool left_null, right_null;
    Datum left_value = attribute(left, key.ssup_attno, shape_, &left_null);
    Datum right_value = attribute(right, key.ssup_attno, shape_, &right_null);
    int order = ApplySortComparator(left_value, left_null, right_value, right_null, &key);
    if (order != 0) return order < 0;
  }
  return false;
}

}  // namespace journey::planner
