#include "pg/datum.hpp"

extern "C" {
#include "catalog/pg_enum.h"
#include "utils/syscache.h"
}

namespace journey::pg {

std::string_view enum_label(Datum value) {
  HeapTuple tuple = SearchSysCache1(ENUMOID, value);
  if (!HeapTupleIsValid(tuple)) throw error(sqlstate::invalid_parameter_value, "unknown enum value");
  const char* label = pstrdup(NameStr(reinterpret_cast<Form_pg_enum>(GETSTRUCT(tuple))->enumlabel));
  ReleaseSysCache(tuple);
  return label;
}

std::string interval_text(const Interval* interval) {
  return DatumGetCString(DirectFunctionCall1(interval_out, PointerGetDatum(interval)));
}

std::int64_t duration(const Interval* interval, const char* argument) {
  auto fail = [&](const char* state, const char* why, const char* hint) -> std::int64_t {
    throw error(state, std::string(argument) + why + ": " + interval_text(interval), hint);
  };
#if PG_VERSION_NUM >= 170000
  if (INTERVAL_NOT_FINITE(interval)) return fail(sqlstate::invalid_parameter_value, " must be finite", "");
#endif
  if (interval->month != 0)
    return fail(sqlstate::invalid_parameter_value, " must not contain months or years",
                "Months differ in length. Give days, hours or minutes, such as '30 days'.");
  std::int64_t micros;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(interval->day), std::int64_t{USECS_PER_DAY},
                             &micros) ||
      __builtin_add_overflow(micros, interval->time, &micros))
    return fail(sqlstate::datetime_overflow, " is out of range", "");
  return micros;
}

std::int64_t positive_duration(const Interval* interval, const char* argument) {
  std::int64_t micros = duration(interval, argument);
  if (micros <= 0)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must be greater than zero: " + interval_text(interval));
  return micros;
}

void null_argument(const char* argument) {
  throw error(sqlstate::null_value_not_allowed, std::string(argument) + " must not be NULL");
}

}  // namespace journey::pg
