// Arguments and results that the aggregates over payments share.
#pragma once

#include <array>
#include <initializer_list>

#include "pg/call_site.hpp"
#include "pg/datum.hpp"
#include "rfm/payments.hpp"

namespace journey::rfm {

/// The hint for a row that can't be used.
inline constexpr const char* row_hint = "Leave such rows out with a FILTER clause, or mend the data.";

/// Room for the digits of a whole number; other amounts keep theirs in the current memory context.
using digit_room = std::array<std::uint16_t, 5>;

/// Amounts of each type that there are overloads for. Infinity and NaN are errors.
amount int4_amount(Datum value, digit_room& digits);
amount int8_amount(Datum value, digit_room& digits);
amount float8_amount(Datum value, digit_room& digits);
amount numeric_amount(Datum value, digit_room& digits);

/// An error for an infinite time.
void check_time(const char* argument, TimestampTz time, const char* hint = "");

/// The payment's time in argument 1.
instant paid_at_argument(FunctionCallInfo fcinfo);

/// Prints the ids of a call site as text, of whatever type they are.
class id_printer {
 public:
  id_printer(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, int position);
  std::string_view print(Datum id);

 private:
  FmgrInfo output_;
};

inline bool has_nulls(FunctionCallInfo fcinfo, std::initializer_list<int> positions) {
  return std::any_of(positions.begin(), positions.end(),
                     [&](int position) { return PG_ARGISNULL(position); });
}

/// A sum as a numeric.
Datum numeric_datum(const money& sum);

}  // namespace journey::rfm

/// One entry for each type of amount: `name` is a template over the function that reads an amount.
#define JOURNEY_FOR_EACH_AMOUNT(name)                                                     \
  JOURNEY_FUNCTION(name##_numeric) { return name<journey::rfm::numeric_amount>(fcinfo); } \
  JOURNEY_FUNCTION(name##_float8) { return name<journey::rfm::float8_amount>(fcinfo); }   \
  JOURNEY_FUNCTION(name##_int8) { return name<journey::rfm::int8_amount>(fcinfo); }       \
  JOURNEY_FUNCTION(name##_int4) { return name<journey::rfm::int4_amount>(fcinfo); }
