// Statements of a pipeline's steps, whose plans the session keeps.
#include <span>
#include <string_view>

#include "base/hash_map.hpp"
#include "pg/entry.hpp"

extern "C" {
#include "utils/guc.h"
}

using namespace journey;

namespace {

constexpr std::size_t most_plans = 1000;  // more than that are made each time

/// By the text of the statement and the types of its parameters.
hash_map<std::string_view, SPIPlanPtr>& kept_plans() {
  static hash_map<std::string_view, SPIPlanPtr> plans;
  return plans;
}

std::string_view key_of(text* statement, std::span<const Oid> types) {
  StringInfoData key;
  initStringInfo(&key);
  appendBinaryStringInfo(&key, VARDATA_ANY(statement), static_cast<int>(VARSIZE_ANY_EXHDR(statement)));
  for (Oid type : types) appendStringInfo(&key, " %u", type);
  return {key.data, static_cast<std::size_t>(key.len)};
}

SPIPlanPtr plan_of(text* statement, std::span<Oid> types, bool keep) {
  std::string_view key = key_of(statement, types);
  auto& plans = kept_plans();
  if (keep)
    if (auto found = plans.find(key); found != plans.end()) return found->second;
  SPIPlanPtr plan = SPI_prepare(text_to_cstring(statement), static_cast<int>(types.size()), types.data());
  if (plan == nullptr)
    throw error(sqlstate::syntax_error,
                "a statement can't be prepared: " + std::string(SPI_result_code_string(SPI_result)));
  if (keep && plans.size() < most_plans) {
    char* stored = static_cast<char*>(MemoryContextAlloc(TopMemoryContext, key.size()));
    key.copy(stored, key.size());
    plans.emplace(std::string_view(stored, key.size()), plan);
    SPI_keepplan(plan);
  }
  return plan;
}

/// Sets a parameter until the end of the level of settings.
void set_here(const char* name, const char* value) {
  set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

}  // namespace

/// Runs (keep, statement, parameters ...) as its caller, and gives its first row. With keep it is planned
/// once a session, for any parameters, by indexes: a table may grow after that.
JOURNEY_FUNCTION(perform) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
    throw error(sqlstate::null_value_not_allowed, "keep and statement must not be NULL");
  bool keep = PG_GETARG_BOOL(0);
  auto count = static_cast<std::size_t>(PG_NARGS() - 2);
  auto* types = static_cast<Oid*>(palloc0(count * sizeof(Oid)));
  auto* values = static_cast<Datum*>(palloc0(count * sizeof(Datum)));
  char* nulls = static_cast<char*>(palloc0(count + 1));
  for (std::size_t i = 0; i < count; ++i) {
    int position = static_cast<int>(i) + 2;
    types[i] = get_fn_expr_argtype(fcinfo->flinfo, position);
    values[i] = PG_GETARG_DATUM(position);
    nulls[i] = PG_ARGISNULL(position) ? 'n' : ' ';
  }
  SPI_connect();
  int settings = NewGUCNestLevel();
  set_here("plan_cache_mode", keep ? "force_generic_plan" : "force_custom_plan");
  if (keep) set_here("enable_seqscan", "off");
  SPIPlanPtr plan = plan_of(PG_GETARG_TEXT_PP(1), {types, count}, keep);
  if (int result = SPI_execute_plan(plan, values, nulls, false, 1); result < 0)
    throw error(sqlstate::internal_error,
                "a statement could not be run: " + std::string(SPI_result_code_string(result)));
  AtEOXact_GUC(true, settings);
  HeapTupleHeader row = SPI_tuptable == nullptr || SPI_processed == 0
                            ? nullptr
                            : SPI_returntuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
  SPI_finish();
  if (row == nullptr) PG_RETURN_NULL();
  PG_RETURN_DATUM(PointerGetDatum(row));
}
