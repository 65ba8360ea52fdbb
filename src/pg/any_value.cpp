#include "pg/any_value.hpp"

#include <cstring>

#include "pg/memory.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "utils/syscache.h"
}

namespace journey::pg {
namespace {

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

}  // namespace

const TypeCacheEntry& known_type::of(Oid type) {
  if (entry_ != nullptr && entry_->type_id == type) return *entry_;
  // The type of a record's columns is known to no other process, and so could not cross to the leader of a
  // parallel plan.
  if (type == RECORDOID || type == RECORDARRAYOID)
    throw error(sqlstate::datatype_mismatch, "value must not be a row of no named type",
                "Cast it to a composite type, or aggregate its columns one by one.");
  return *(entry_ = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO));
}

Oid told_by_expression(Oid type, const char* hint) {
  if (OidIsValid(type)) return type;
  throw error(sqlstate::feature_not_supported, "the type of value can't be told where states are combined",
              hint);
}

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

transport::transport(std::pmr::memory_resource* memory) : context_(context_of(memory)) {}

const transport& transport::of(Oid type) {
  if (type_ == type) return *this;
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) throw error(sqlstate::internal_error, "the type of a value is gone");
  const auto* row = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  binary_ = OidIsValid(row->typsend) && OidIsValid(row->typreceive);
  fmgr_info_cxt(binary_ ? row->typsend : row->typoutput, &send_, context_);
  fmgr_info_cxt(binary_ ? row->typreceive : row->typinput, &receive_, context_);
  parameter_ = getTypeIOParam(tuple);
  schema_ = MemoryContextStrdup(context_, get_namespace_name(row->typnamespace));
  name_ = MemoryContextStrdup(context_, NameStr(row->typname));
  ReleaseSysCache(tuple);
  type_ = type;
  return *this;
}

const transport& transport::of(std::string_view schema, std::string_view name) {
  if (OidIsValid(type_) && schema == schema_ && name == name_) return *this;
  Oid found =
      GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(pnstrdup(name.data(), name.size())),
                      ObjectIdGetDatum(get_namespace_oid(pnstrdup(schema.data(), schema.size()), true)));
  if (!OidIsValid(found))
    throw error(sqlstate::invalid_binary_representation, "invalid aggregate state: no type " + quoted(name));
  return of(found);
}

std::string_view transport::send(Datum value) const {
  if (!binary_) return OutputFunctionCall(&send_, value);
  return text_view(in_server_encoding([&] { return PointerGetDatum(SendFunctionCall(&send_, value)); }));
}

Datum transport::receive(std::string_view bytes) const {
  auto* copy = static_cast<char*>(palloc(bytes.size() + 1));  // functions expect a zero after the end
  copy[bytes.copy(copy, bytes.size())] = '\0';
  if (!binary_) {
    pg_verifymbstr(copy, static_cast<int>(bytes.size()), false);
    return InputFunctionCall(&receive_, copy, parameter_, -1);
  }
  StringInfoData message{copy, static_cast<int>(bytes.size()), static_cast<int>(bytes.size()) + 1, 0};
  Datum value = in_server_encoding([&] { return ReceiveFunctionCall(&receive_, &message, parameter_, -1); });
  if (message.cursor != message.len)
    throw error(sqlstate::invalid_binary_representation, "invalid aggregate state: bytes follow a value");
  return value;
}

}  // namespace journey::pg
