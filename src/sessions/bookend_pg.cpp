// The aggregates first and last, and their forms that skip NULLs: the value at either end of time.
#include <cstring>

#include "pg/aggregate.hpp"
#include "pg/datum.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "utils/syscache.h"
}

using namespace journey;

namespace {

/// The best row of a group so far. Its value, where it is a pointer, belongs to the group.
struct bookend {
  std::int64_t ts;
  Datum value;
  Oid type;
  bool is_null;
};

enum class end { first, last };

/// What is kept at a call site, since looking a type up costs more than using it.
const TypeCacheEntry& type_of(FunctionCallInfo fcinfo, Oid type) {
  auto* known = static_cast<TypeCacheEntry*>(fcinfo->flinfo->fn_extra);
  if (known == nullptr || known->type_id != type) {
    // The type of a record's columns is known to no other process, and so could not cross to the leader of a
    // parallel plan.
    if (type == RECORDOID || type == RECORDARRAYOID)
      throw error(sqlstate::datatype_mismatch, "value must not be a row of no named type",
                  "Cast it to a composite type, or aggregate its columns one by one.");
    fcinfo->flinfo->fn_extra = known = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
  }
  return *known;
}

/// The default order of the type, if it has one. Values that are equal in it may still differ, such as the
/// numerics 1.0 and 1.00: then, as for types without an order, their text decides, which is the same on any
/// machine.
int compare(const TypeCacheEntry& type, Oid collation, Datum left, Datum right) {
  if (OidIsValid(type.cmp_proc)) {
    auto* order = const_cast<FmgrInfo*>(&type.cmp_proc_finfo);
    Oid used = OidIsValid(collation) ? collation : C_COLLATION_OID;
    if (int result = DatumGetInt32(FunctionCall2Coll(order, used, left, right)); result != 0) return result;
  }
  if (datum_image_eq(left, right, type.typbyval, type.typlen)) return 0;
  Oid output;
  bool is_varlena;
  getTypeOutputInfo(type.type_id, &output, &is_varlena);
  return std::strcmp(OidOutputFunctionCall(output, left), OidOutputFunctionCall(output, right));
}

/// Whether `row` is nearer to the end than `kept`. At the same time, a value comes before no value; of two,
/// the first is the smaller and the last the greater.
template <end End>
bool beats(const bookend& row, const bookend& kept, const TypeCacheEntry& type, Oid collation) {
  if (row.ts != kept.ts) return End == end::first ? row.ts < kept.ts : row.ts > kept.ts;
  if (row.is_null || kept.is_null) return kept.is_null && !row.is_null;
  int order = compare(type, collation, row.value, kept.value);
  return End == end::first ? order < 0 : order > 0;
}

/// Makes `row` the group's best, in the group's memory.
bookend* keep(bookend* kept, const bookend& row, const TypeCacheEntry& type, MemoryContext context) {
  MemoryContext caller = MemoryContextSwitchTo(context);
  Datum copy = row.is_null ? Datum{0} : datumCopy(row.value, type.typbyval, type.typlen);
  if (kept == nullptr)
    kept = static_cast<bookend*>(palloc(sizeof(bookend)));
  else if (!kept->is_null && !type.typbyval)
    pfree(DatumGetPointer(kept->value));
  *kept = row;
  kept->value = copy;
  MemoryContextSwitchTo(caller);
  return kept;
}

enum class nulls { kept, skipped };

template <end End, nulls Nulls>
Datum transition(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* kept = pg::state_argument<bookend>(fcinfo);
  bookend row;
  row.is_null = PG_ARGISNULL(1);
  bool counts = !PG_ARGISNULL(2) && !(row.is_null && Nulls == nulls::skipped);
  if (counts) {
    row.ts = PG_GETARG_INT64(2);
    row.value = PG_GETARG_DATUM(1);
    // The type is the same throughout, and known to the state once there is one.
    row.type = kept != nullptr ? kept->type : get_fn_expr_argtype(fcinfo->flinfo, 1);
    counts = kept == nullptr || (End == end::first ? row.ts <= kept->ts : row.ts >= kept->ts);
  }
  if (counts) {
    const TypeCacheEntry& type = type_of(fcinfo, row.type);
    if (!row.is_null && type.typlen == -1) row.value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(row.value));
    if (kept == nullptr || beats<End>(row, *kept, type, PG_GET_COLLATION()))
      kept = keep(kept, row, type, context);
  }
  if (kept == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(kept);
}

template <end End>
Datum combine(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* kept = pg::state_argument<bookend>(fcinfo, 0);
  const auto* other = pg::state_argument<bookend>(fcinfo, 1);
  if (other != nullptr) {
    const TypeCacheEntry& type = type_of(fcinfo, other->type);
    if (kept == nullptr || beats<End>(*other, *kept, type, PG_GET_COLLATION()))
      kept = keep(kept, *other, type, context);
  }
  if (kept == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(kept);
}

/// How values of one type travel between processes.
struct transport {
  Oid type;
  bool binary;  // by its send and receive functions; else by its text
  FmgrInfo send;
  FmgrInfo receive;
  Oid parameter;
  const char* schema;
  const char* name;
};

const transport& transport_of(FunctionCallInfo fcinfo, Oid type) {
  auto* known = static_cast<transport*>(fcinfo->flinfo->fn_extra);
  if (known != nullptr && known->type == type) return *known;
  MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
  known = static_cast<transport*>(palloc0(sizeof(transport)));
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) throw error(sqlstate::internal_error, "the type of a value is gone");
  const auto* row = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  known->type = type;
  known->binary = OidIsValid(row->typsend) && OidIsValid(row->typreceive);
  fmgr_info_cxt(known->binary ? row->typsend : row->typoutput, &known->send, CurrentMemoryContext);
  fmgr_info_cxt(known->binary ? row->typreceive : row->typinput, &known->receive, CurrentMemoryContext);
  known->parameter = getTypeIOParam(tuple);
  known->schema = get_namespace_name(row->typnamespace);
  known->name = pstrdup(NameStr(row->typname));
  ReleaseSysCache(tuple);
  MemoryContextSwitchTo(caller);
  fcinfo->flinfo->fn_extra = known;
  return *known;
}

Oid type_named(FunctionCallInfo fcinfo, std::string_view schema, std::string_view name) {
  const auto* known = static_cast<transport*>(fcinfo->flinfo->fn_extra);
  if (known != nullptr && schema == known->schema && name == known->name) return known->type;
  Oid found =
      GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(pnstrdup(name.data(), name.size())),
                      ObjectIdGetDatum(get_namespace_oid(pnstrdup(schema.data(), schema.size()), true)));
  if (!OidIsValid(found))
    throw error(sqlstate::invalid_binary_representation, "invalid aggregate state: no type " + quoted(name));
  return found;
}

/// Runs `body` with text in the encoding of the database. The binary forms of types speak the client's, which
/// may lack characters, and which no parallel worker shares.
template <class Body>
Datum in_server_encoding(Body body) {
  int client = pg_get_client_encoding();
  if (client == GetDatabaseEncoding()) return body();
  Datum result = 0;
  SetClientEncoding(GetDatabaseEncoding());
  PG_TRY();
  { result = body(); }
  PG_FINALLY();
  { SetClientEncoding(client); }
  PG_END_TRY();
  return result;
}

Datum send(const transport& type, Datum value) {
  auto* function = const_cast<FmgrInfo*>(&type.send);
  if (!type.binary) return pg::text_datum(OutputFunctionCall(function, value));
  return in_server_encoding([=] { return PointerGetDatum(SendFunctionCall(function, value)); });
}

Datum receive(const transport& type, std::string_view bytes) {
  auto* function = const_cast<FmgrInfo*>(&type.receive);
  auto* copy = static_cast<char*>(palloc(bytes.size() + 1));  // functions expect a zero after the end
  copy[bytes.copy(copy, bytes.size())] = '\0';
  if (!type.binary) return InputFunctionCall(function, copy, type.parameter, -1);
  StringInfoData message{copy, static_cast<int>(bytes.size()), static_cast<int>(bytes.size()) + 1, 0};
  Datum value =
      in_server_encoding([&] { return ReceiveFunctionCall(function, &message, type.parameter, -1); });
  if (message.cursor != message.len)
    throw error(sqlstate::invalid_binary_representation, "invalid aggregate state: bytes follow a value");
  return value;
}

constexpr std::uint8_t version = 1;

/// What `wire` carries: the type by name, the time, and the value if there is one.
struct packed {
  const bookend& state;
  const transport& type;
  std::string_view value;

  void serialize(wire::writer& out) const {
    out.fixed(version);
    out.text(type.schema);
    out.text(type.name);
    out.fixed(state.ts);
    out.fixed<std::uint8_t>(state.is_null ? 0 : 1);
    if (!state.is_null) out.raw(value);
  }
};

}  // namespace

JOURNEY_FUNCTION(first_transition) { return transition<end::first, nulls::kept>(fcinfo); }
JOURNEY_FUNCTION(last_transition) { return transition<end::last, nulls::kept>(fcinfo); }
JOURNEY_FUNCTION(first_non_null_transition) { return transition<end::first, nulls::skipped>(fcinfo); }
JOURNEY_FUNCTION(last_non_null_transition) { return transition<end::last, nulls::skipped>(fcinfo); }
JOURNEY_FUNCTION(first_combine) { return combine<end::first>(fcinfo); }
JOURNEY_FUNCTION(last_combine) { return combine<end::last>(fcinfo); }

JOURNEY_FUNCTION(bookend_final) {
  const auto* kept = pg::state_argument<bookend>(fcinfo);
  if (kept == nullptr || kept->is_null) PG_RETURN_NULL();
  PG_RETURN_DATUM(kept->value);
}

JOURNEY_FUNCTION(bookend_serialize) {
  pg::aggregate_context(fcinfo);
  const auto& kept = *pg::state_argument<bookend>(fcinfo);
  const transport& type = transport_of(fcinfo, kept.type);
  std::string_view value;
  if (!kept.is_null) value = pg::text_view(send(type, kept.value));
  return PointerGetDatum(pg::to_bytea(packed{kept, type, value}));
}

JOURNEY_FUNCTION(bookend_deserialize) {
  pg::aggregate_context(fcinfo);
  wire::reader in(pg::text_argument(fcinfo, 0), "aggregate state");
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  std::string_view schema = in.text();
  std::string_view name = in.text();
  auto* state = static_cast<bookend*>(palloc0(sizeof(bookend)));
  state->type = type_named(fcinfo, schema, name);
  state->ts = in.fixed<std::int64_t>();
  state->is_null = in.fixed<std::uint8_t>() == 0;
  if (state->is_null)
    in.end();
  else
    state->value = receive(transport_of(fcinfo, state->type), in.raw(in.left()));
  PG_RETURN_POINTER(state);
}
