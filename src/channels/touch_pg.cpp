#include "channels/touch_pg.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "utils/syscache.h"
}

namespace journey::channels {

touch_type& touch_type::make(MemoryContext context) {
  Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("touch"),
                             ObjectIdGetDatum(get_namespace_oid("journey", false)));
  MemoryContext caller = MemoryContextSwitchTo(context);
  auto* made = new (palloc(sizeof(touch_type))) touch_type;
  made->shape_ = lookup_rowtype_tupdesc_copy(type, -1);
  MemoryContextSwitchTo(caller);
  if (made->shape_->natts != columns)
    throw error(sqlstate::datatype_mismatch, "type journey.touch is not the one of this version of journey",
                "Run ALTER EXTENSION journey UPDATE.");
  return *made;
}

touch_type& touch_type::of(FunctionCallInfo fcinfo, void*& kept) {
  if (kept == nullptr) kept = &make(fcinfo->flinfo->fn_mcxt);
  return *static_cast<touch_type*>(kept);
}

touch touch_type::read(Datum value, std::int64_t touched_at) const {
  HeapTupleHeader header = DatumGetHeapTupleHeader(value);
  HeapTupleData tuple{};
  tuple.t_len = HeapTupleHeaderGetDatumLength(header);
  tuple.t_data = header;
  Datum values[columns];
  bool nulls[columns];
  heap_deform_tuple(&tuple, shape_, values, nulls);
  touch result;
  result.touched_at = touched_at;
  for (std::size_t i = 0; i < touch_texts; ++i)
    if (!nulls[i + 1]) result.texts[i] = pg::text_view(values[i + 1]);
  return result;
}

Datum touch_type::datum(const touch& value) const {
  Datum values[columns];
  bool nulls[columns];
  fill(value, values, nulls);
  return HeapTupleGetDatum(heap_form_tuple(shape_, values, nulls));
}

void touch_type::fill(const touch& value, Datum* values, bool* nulls) {
  values[0] = TimestampTzGetDatum(value.touched_at);
  nulls[0] = false;
  for (std::size_t i = 0; i < touch_texts; ++i) {
    nulls[i + 1] = !value.texts[i].has_value();
    if (value.texts[i]) values[i + 1] = pg::text_datum(*value.texts[i]);
  }
}

}  // namespace journey::channels
