// Arguments and results: between Datums and the cores' plain types. Every function here may raise a
// PostgreSQL error (detoasting, memory): read all arguments before the C++ work begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "pg/postgres.hpp"

namespace journey::pg {

inline std::string_view text_view(Datum value) {
  text* whole = DatumGetTextPP(value);
  return {VARDATA_ANY(whole), VARSIZE_ANY_EXHDR(whole)};
}

inline std::string_view text_argument(FunctionCallInfo fcinfo, int position) {
  return text_view(PG_GETARG_DATUM(position));
}

inline Datum text_datum(std::string_view value) {
  if (value.size() > MaxAllocSize - VARHDRSZ)
    throw error(sqlstate::program_limit_exceeded, "a text of more than 1 GB can't be returned");
  return PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
}

/// The label of an enum value.
std::string_view enum_label(Datum value);

/// An interval as microseconds, a day being 24 hours. Months have no fixed length: an error that names
/// `argument`.
std::int64_t duration(const Interval* interval, const char* argument);

/// As `duration`, and greater than zero: for timeouts and half-lives.
std::int64_t positive_duration(const Interval* interval, const char* argument);

/// An interval as the server would print it, for messages.
std::string interval_text(const Interval* interval);

/// The error for an argument that may not be NULL.
[[noreturn]] void null_argument(const char* argument);

}  // namespace journey::pg
