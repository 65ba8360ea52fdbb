#include "pg/composite.hpp"

#include <algorithm>

extern "C" {
#include "catalog/namespace.h"
#include "utils/syscache.h"
}

namespace journey::pg {
namespace {

/// Runs `body` in a memory context.
template <class Body>
auto in_memory(MemoryContext context, Body body) {
  MemoryContext caller = MemoryContextSwitchTo(context);
  auto result = body();
  MemoryContextSwitchTo(caller);
  return result;
}

/// Whether a type is one of the extension's.
bool is_ours(Oid type) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) return false;
  Oid schema = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typnamespace;
  ReleaseSysCache(tuple);
  return schema == get_namespace_oid("journey", false);
}

TupleDesc returned_shape(FunctionCallInfo fcinfo) {
  Oid type;
  TupleDesc shape = nullptr;
  if (get_call_result_type(fcinfo, &type, &shape) == TYPEFUNC_COMPOSITE)
    return BlessTupleDesc(CreateTupleDescCopy(shape));
  Oid element = get_element_type(type);
  if (!OidIsValid(element)) throw error(sqlstate::internal_error, "the function returns no rows");
  return lookup_rowtype_tupdesc_copy(element, -1);
}

}  // namespace

Oid type_named(const char* name) {
  return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
                         ObjectIdGetDatum(get_namespace_oid("journey", false)));
}

row_type::row_type(TupleDesc shape, std::initializer_list<Oid> columns) : shape_(shape) {
  bool same = static_cast<std::size_t>(shape->natts) == columns.size();
  for (int i = 0; same && i < shape->natts; ++i) {
    Oid wanted = columns.begin()[i], found = TupleDescAttr(shape, i)->atttypid;
    same = !TupleDescAttr(shape, i)->attisdropped && (wanted == any ? is_ours(found) : wanted == found);
  }
  if (!same)
    throw error(
        sqlstate::datatype_mismatch,
        std::string("type ") + format_type_be(shape->tdtypeid) + " is not the one of this version of journey",
        "Run ALTER EXTENSION journey UPDATE. Types of an extension must not be altered.");
}

row_type row_type::named(MemoryContext context, const char* name, std::initializer_list<Oid> columns) {
  return {in_memory(context, [&] { return lookup_rowtype_tupdesc_copy(type_named(name), -1); }), columns};
}

row_type row_type::returned(FunctionCallInfo fcinfo, std::initializer_list<Oid> columns) {
  return {in_memory(fcinfo->flinfo->fn_mcxt, [&] { return returned_shape(fcinfo); }), columns};
}

Datum row_type::array(Datum* rows, std::size_t count) const {
  if (count > MaxAllocSize / sizeof(Datum))
    throw error(sqlstate::program_limit_exceeded,
                "an array of " + std::to_string(count) + " rows can't be returned");
  return PointerGetDatum(construct_array(rows, static_cast<int>(count), oid(), -1, false, TYPALIGN_DOUBLE));
}

void row_type::read(Datum value, Datum* values, bool* nulls) const {
  HeapTupleHeader header = DatumGetHeapTupleHeader(value);
  HeapTupleData tuple{};
  tuple.t_len = HeapTupleHeaderGetDatumLength(header);
  tuple.t_data = header;
  heap_deform_tuple(&tuple, shape_, values, nulls);
}

}  // namespace journey::pg
