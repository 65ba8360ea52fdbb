#include "rfm/arguments_pg.hpp"

#include <cmath>

extern "C" {
#include "utils/fmgroids.h"
}

namespace journey::rfm {
namespace {

void check_finite(bool finite, PGFunction output, Datum value) {
  if (!finite)
    throw error(
        sqlstate::numeric_value_out_of_range,
        std::string("amount must be a finite number: ") + DatumGetCString(DirectFunctionCall1(output, value)),
        row_hint);
}

/// Through the server's public binary form: the count of digits, weight, sign, scale and the digits, each of
/// 16 bits, high byte first.
amount finite_amount(Datum number) {
  bytea* sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, number));
  auto* words = reinterpret_cast<std::uint16_t*>(VARDATA_ANY(sent));
  std::size_t count = pg_ntoh16(words[0]);
  std::uint16_t* digits = words + 4;
  for (std::size_t i = 0; i < count; ++i) digits[i] = pg_ntoh16(digits[i]);
  return {{digits, count},
          static_cast<std::int16_t>(pg_ntoh16(words[1])),
          pg_ntoh16(words[3]),
          pg_ntoh16(words[2]) != 0};
}

}  // namespace

amount int4_amount(Datum value, digit_room& digits) { return whole(DatumGetInt32(value), digits); }

amount int8_amount(Datum value, digit_room& digits) { return whole(DatumGetInt64(value), digits); }

amount float8_amount(Datum value, digit_room&) {
  check_finite(std::isfinite(DatumGetFloat8(value)), float8out, value);
  return finite_amount(DirectFunctionCall1(float8_numeric, value));
}

amount numeric_amount(Datum value, digit_room&) {
  Numeric number = DatumGetNumeric(value);
  check_finite(!numeric_is_nan(number) && !numeric_is_inf(number), numeric_out, NumericGetDatum(number));
  return finite_amount(NumericGetDatum(number));
}

void check_time(const char* argument, TimestampTz time, const char* hint) {
  if (TIMESTAMP_NOT_FINITE(time))
    throw error(sqlstate::datetime_overflow,
                std::string(argument) +
                    " must be a finite time: " + (TIMESTAMP_IS_NOBEGIN(time) ? "-infinity" : "infinity"),
                hint);
}

instant paid_at_argument(FunctionCallInfo fcinfo) {
  TimestampTz paid_at = PG_GETARG_TIMESTAMPTZ(1);
  check_time("paid_at", paid_at, row_hint);
  return paid_at;
}

id_printer::id_printer(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, int position) {
  Oid type = get_fn_expr_argtype(fcinfo->flinfo, position);
  if (!OidIsValid(type))
    throw error(sqlstate::feature_not_supported, "the type of payment_id is not known here",
                "Leave payment_id out, over rows in which each payment comes once.");
  Oid output;
  bool varlena;
  getTypeOutputInfo(type, &output, &varlena);
  fmgr_info_cxt(output, &output_, pg::context_of(memory));
}

std::string_view id_printer::print(Datum id) {
  if (output_.fn_oid == F_TEXTOUT || output_.fn_oid == F_VARCHAROUT) return pg::text_view(id);
  return OutputFunctionCall(&output_, id);
}

Datum numeric_datum(const money& sum) {
  std::pmr::vector<std::uint16_t> digits(pg::call_memory());
  amount value = sum.value(digits);
  if (value.digits.size() > UINT16_MAX || value.weight > INT16_MAX)
    throw error(sqlstate::numeric_value_out_of_range, "the sum of the amounts is out of range for numeric");
  constexpr std::uint16_t minus = 0x4000;
  StringInfoData sent;
  initStringInfo(&sent);
  pq_sendint16(&sent, static_cast<std::uint16_t>(value.digits.size()));
  pq_sendint16(&sent, static_cast<std::uint16_t>(value.weight));
  pq_sendint16(&sent, value.negative ? minus : 0);
  pq_sendint16(&sent, value.scale);
  for (std::uint16_t digit : value.digits) pq_sendint16(&sent, digit);
  return DirectFunctionCall3(numeric_recv, PointerGetDatum(&sent), ObjectIdGetDatum(InvalidOid),
                             Int32GetDatum(-1));
}

}  // namespace journey::rfm
