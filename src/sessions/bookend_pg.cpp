// The aggregates first and last, their typed forms and those that skip NULLs: the value at either end of
// time.
#include <cstring>

#include "pg/aggregate.hpp"
#include "pg/call_site.hpp"
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
  std::int64_t tie;
  Datum value;
  Oid type;
  bool has_tie;
  bool is_null;
};

enum class end { first, last };
enum class nulls { kept, skipped };

/// What is kept at a call site, since looking a type up costs more than using it.
struct known_type {
  explicit known_type(std::pmr::memory_resource*) {}

  const TypeCacheEntry& of(Oid type) {
    if (entry != nullptr && entry->type_id == type) return *entry;
    // The type of a record's columns is known to no other process, and so could not cross to the leader of a
    // parallel plan.
    if (type == RECORDOID || type == RECORDARRAYOID)
      throw error(sqlstate::datatype_mismatch, "value must not be a row of no named type",
                  "Cast it to a composite type, or aggregate its columns one by one.");
    return *(entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO));
  }

  const TypeCacheEntry* entry = nullptr;
};

const TypeCacheEntry& type_of(FunctionCallInfo fcinfo, Oid type) {
  return pg::call_site<known_type>(fcinfo).of(type);
}

/// A type that only the expression tree tells: that of the values of first and last themselves.
Oid told_by_expression(Oid type) {
  if (OidIsValid(type)) return type;
  throw error(sqlstate::feature_not_supported, "the type of value can't be told where states are combined",
              "Use first_text, first_number or first_time, or last_text, last_number or last_time.");
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

/// Whether `row` is nearer to the end than `kept`. At the same time, a tie comes before no tie, and the least
/// is first, the greatest last; then a value comes before no value; of two, the first is the smaller and the
/// last the greater.
template <end End>
bool beats(const bookend& row, const bookend& kept, const TypeCacheEntry& type, Oid collation) {
  auto nearer = [](auto left, auto right) { return End == end::first ? left < right : left > right; };
  if (row.ts != kept.ts) return nearer(row.ts, kept.ts);
  if (row.has_tie != kept.has_tie) return row.has_tie;
  if (row.tie != kept.tie) return nearer(row.tie, kept.tie);
  if (row.is_null || kept.is_null) return kept.is_null && !row.is_null;
  return nearer(compare(type, collation, row.value, kept.value), 0);
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

enum class tie { none, given };

/// `Type` is that of the values, or invalid where the aggregate takes any.
template <end End, Oid Type = InvalidOid, tie Tie = tie::none, nulls Nulls = nulls::kept>
Datum transition(FunctionCallInfo fcinfo) {
  MemoryContext context = pg::aggregate_context(fcinfo);
  auto* kept = pg::state_argument<bookend>(fcinfo);
  bookend row{};
  row.is_null = PG_ARGISNULL(1);
  bool counts = !PG_ARGISNULL(2) && !(row.is_null && Nulls == nulls::skipped);
  if (counts) {
    row.ts = PG_GETARG_INT64(2);
    counts = kept == nullptr || (End == end::first ? row.ts <= kept->ts : row.ts >= kept->ts);
  }
  if (counts) {
    row.value = PG_GETARG_DATUM(1);
    // The type is the same throughout, and known to the state once there is one.
    row.type = OidIsValid(Type)  ? Type
               : kept != nullptr ? kept->type
                                 : told_by_expression(get_fn_expr_argtype(fcinfo->flinfo, 1));
    row.has_tie = Tie == tie::given && !PG_ARGISNULL(3);
    if (row.has_tie) row.tie = PG_GETARG_INT64(3);
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
    if (kept != nullptr && kept->type != other->type)
      throw error(sqlstate::datatype_mismatch, "states of different types can't be combined");
    const TypeCacheEntry& type = type_of(fcinfo, other->type);
    if (kept == nullptr || beats<End>(*other, *kept, type, PG_GET_COLLATION()))
      kept = keep(kept, *other, type, context);
  }
  if (kept == nullptr) PG_RETURN_NULL();
  PG_RETURN_POINTER(kept);
}

/// How values of one type travel between processes. Kept at a call site.
struct transport {
  explicit transport(std::pmr::memory_resource* memory) : context(pg::context_of(memory)) {}

  const transport& of(Oid wanted) {
    if (type == wanted) return *this;
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(wanted));
    if (!HeapTupleIsValid(tuple)) throw error(sqlstate::internal_error, "the type of a value is gone");
    const auto* row = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
    binary = OidIsValid(row->typsend) && OidIsValid(row->typreceive);
    fmgr_info_cxt(binary ? row->typsend : row->typoutput, &send, context);
    fmgr_info_cxt(binary ? row->typreceive : row->typinput, &receive, context);
    parameter = getTypeIOParam(tuple);
    schema = MemoryContextStrdup(context, get_namespace_name(row->typnamespace));
    name = MemoryContextStrdup(context, NameStr(row->typname));
    ReleaseSysCache(tuple);
    type = wanted;
    return *this;
  }

  MemoryContext context;
  Oid type = InvalidOid;
  bool binary = false;  // by its send and receive functions; else by its text
  FmgrInfo send{};
  FmgrInfo receive{};
  Oid parameter = InvalidOid;
  const char* schema = nullptr;
  const char* name = nullptr;
};

/// The type of a state from outside. States of typed aggregates name the aggregate's own.
Oid type_named(const transport& known, std::string_view schema, std::string_view name) {
  if (OidIsValid(known.type) && schema == known.schema && name == known.name) return known.type;
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
  if (!type.binary) {
    pg_verifymbstr(copy, static_cast<int>(bytes.size()), false);
    return InputFunctionCall(function, copy, type.parameter, -1);
  }
  StringInfoData message{copy, static_cast<int>(bytes.size()), static_cast<int>(bytes.size()) + 1, 0};
  Datum value =
      in_server_encoding([&] { return ReceiveFunctionCall(function, &message, type.parameter, -1); });
  if (message.cursor != message.len)
    throw error(sqlstate::invalid_binary_representation, "invalid aggregate state: bytes follow a value");
  return value;
}

constexpr std::uint8_t version = 1;

/// What travels: the type by name, the time, what of tie and value there is.
struct packed {
  const bookend& state;
  const transport& type;
  std::string_view value;

  enum flag : std::uint8_t { has_value = 1, has_tie = 2 };

  void serialize(wire::writer& out) const {
    out.fixed(version);
    out.text(type.schema);
    out.text(type.name);
    out.fixed(state.ts);
    out.fixed<std::uint8_t>((state.is_null ? 0 : has_value) | (state.has_tie ? has_tie : 0));
    if (state.has_tie) out.fixed(state.tie);
    if (!state.is_null) out.raw(value);
  }
};

template <Oid Type = InvalidOid>
Datum deserialize(FunctionCallInfo fcinfo) {
  pg::aggregate_context(fcinfo);
  wire::reader in(pg::text_argument(fcinfo, 0), "aggregate state");
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  std::string_view schema = in.text();
  std::string_view name = in.text();
  auto& transport = pg::call_site<::transport>(fcinfo);
  auto* state = static_cast<bookend*>(palloc0(sizeof(bookend)));
  state->type = type_named(transport, schema, name);
  if (OidIsValid(Type) && state->type != Type) in.fail("its value is of another type");
  state->ts = in.fixed<std::int64_t>();
  auto flags = in.fixed<std::uint8_t>();
  if ((flags & ~(packed::has_value | packed::has_tie)) != 0) in.fail("a flag is unknown");
  state->has_tie = (flags & packed::has_tie) != 0;
  if (state->has_tie) state->tie = in.fixed<std::int64_t>();
  state->is_null = (flags & packed::has_value) == 0;
  if (state->is_null)
    in.end();
  else
    state->value = receive(transport.of(state->type), in.raw(in.left()));
  PG_RETURN_POINTER(state);
}

Datum result(const bookend* kept, FunctionCallInfo fcinfo) {
  if (kept == nullptr || kept->is_null) PG_RETURN_NULL();
  PG_RETURN_DATUM(kept->value);
}

}  // namespace

JOURNEY_FUNCTION(first_transition) { return transition<end::first>(fcinfo); }
JOURNEY_FUNCTION(first_tie_transition) { return transition<end::first, InvalidOid, tie::given>(fcinfo); }
JOURNEY_FUNCTION(first_text_transition) { return transition<end::first, TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(first_text_tie_transition) { return transition<end::first, TEXTOID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(first_number_transition) { return transition<end::first, FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(first_number_tie_transition) {
  return transition<end::first, FLOAT8OID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(first_time_transition) { return transition<end::first, TIMESTAMPTZOID>(fcinfo); }
JOURNEY_FUNCTION(first_time_tie_transition) {
  return transition<end::first, TIMESTAMPTZOID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(first_non_null_transition) {
  return transition<end::first, InvalidOid, tie::none, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(first_non_null_tie_transition) {
  return transition<end::first, InvalidOid, tie::given, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(first_combine) { return combine<end::first>(fcinfo); }

JOURNEY_FUNCTION(last_transition) { return transition<end::last>(fcinfo); }
JOURNEY_FUNCTION(last_tie_transition) { return transition<end::last, InvalidOid, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_text_transition) { return transition<end::last, TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(last_text_tie_transition) { return transition<end::last, TEXTOID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_number_transition) { return transition<end::last, FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(last_number_tie_transition) { return transition<end::last, FLOAT8OID, tie::given>(fcinfo); }
JOURNEY_FUNCTION(last_time_transition) { return transition<end::last, TIMESTAMPTZOID>(fcinfo); }
JOURNEY_FUNCTION(last_time_tie_transition) {
  return transition<end::last, TIMESTAMPTZOID, tie::given>(fcinfo);
}
JOURNEY_FUNCTION(last_non_null_transition) {
  return transition<end::last, InvalidOid, tie::none, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(last_non_null_tie_transition) {
  return transition<end::last, InvalidOid, tie::given, nulls::skipped>(fcinfo);
}
JOURNEY_FUNCTION(last_combine) { return combine<end::last>(fcinfo); }

JOURNEY_FUNCTION(bookend_serialize) {
  pg::aggregate_context(fcinfo);
  const auto& kept = *pg::state_argument<bookend>(fcinfo);
  const transport& type = pg::call_site<transport>(fcinfo).of(kept.type);
  std::string_view value;
  if (!kept.is_null) value = pg::text_view(send(type, kept.value));
  return PointerGetDatum(pg::to_bytea(packed{kept, type, value}));
}

JOURNEY_FUNCTION(bookend_deserialize) { return deserialize(fcinfo); }
JOURNEY_FUNCTION(bookend_text_deserialize) { return deserialize<TEXTOID>(fcinfo); }
JOURNEY_FUNCTION(bookend_number_deserialize) { return deserialize<FLOAT8OID>(fcinfo); }
JOURNEY_FUNCTION(bookend_time_deserialize) { return deserialize<TIMESTAMPTZOID>(fcinfo); }

/// For values of any type: a state from outside may name another type than the caller expects.
JOURNEY_FUNCTION(bookend_final) {
  const auto* kept = pg::state_argument<bookend>(fcinfo);
  if (kept != nullptr && kept->type != told_by_expression(get_fn_expr_rettype(fcinfo->flinfo)))
    throw error(sqlstate::datatype_mismatch, "the state of the aggregate is of another type than its result");
  return result(kept, fcinfo);
}

JOURNEY_FUNCTION(bookend_typed_final) { return result(pg::state_argument<bookend>(fcinfo), fcinfo); }
