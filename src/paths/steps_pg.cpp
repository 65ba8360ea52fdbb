#include "paths/steps_pg.hpp"

#include "pg/array.hpp"

namespace journey::paths {
namespace {

void check_count(std::size_t count, const char* argument, int most) {
  if (count < 1)
    throw error(sqlstate::invalid_parameter_value, std::string(argument) + " must not be empty",
                "Give at least one condition.");
  if (count > static_cast<std::size_t>(most))
    throw error(
        sqlstate::program_limit_exceeded,
        std::string(argument) + " must be at most " + std::to_string(most) + ", not " + std::to_string(count),
        "A question has at most 64 conditions, steps and exclusions together.");
}

}  // namespace

conditions read_conditions(Datum array, const char* argument, int most) {
  conditions read;
  ArrayType* value = DatumGetArrayTypeP(array);
  if (ARR_NDIM(value) == 1 && !ARR_HASNULL(value)) {  // nearly always: no need to take it apart
    check_count(ARR_DIMS(value)[0], argument, most);
    read.count = ARR_DIMS(value)[0];
    const char* elements = ARR_DATA_PTR(value);
    for (int i = 0; i < read.count; ++i) read.met |= static_cast<std::uint64_t>(elements[i] != 0) << i;
    return read;
  }
  pg::array_elements elements(PointerGetDatum(value), BOOLOID, argument);
  check_count(elements.size(), argument, most);
  read.count = static_cast<int>(elements.size());
  for (int i = 0; i < read.count; ++i)
    if (!elements.nulls[i] && DatumGetBool(elements.values[i])) read.met |= std::uint64_t{1} << i;
  return read;
}

Datum times_datum(std::span<const std::int64_t> times) {
  auto* elements = static_cast<Datum*>(palloc(sizeof(Datum) * (times.size() + 1)));
  for (std::size_t i = 0; i < times.size(); ++i) elements[i] = TimestampTzGetDatum(times[i]);
  return PointerGetDatum(construct_array(elements, static_cast<int>(times.size()), TIMESTAMPTZOID,
                                         sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

}  // namespace journey::paths
