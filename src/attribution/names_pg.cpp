#include "attribution/names_pg.hpp"

namespace journey::attribution {

array_elements::array_elements(Datum array, Oid type, const char* argument) {
  ArrayType* value = DatumGetArrayTypeP(array);
  if (ARR_NDIM(value) > 1)
    throw error(sqlstate::invalid_parameter_value,
                std::string(argument) + " must have one dimension, not " + std::to_string(ARR_NDIM(value)));
  std::int16_t length;
  bool by_value;
  char alignment;
  get_typlenbyvalalign(type, &length, &by_value, &alignment);
  Datum* elements;
  bool* missing;
  int count;
  deconstruct_array(value, type, length, by_value, alignment, &elements, &missing, &count);
  values = {elements, static_cast<std::size_t>(count)};
  nulls = missing;
}

names read_names(Datum array, const char* argument) {
  array_elements elements(array, TEXTOID, argument);
  names result(elements.values.size(), pg::call_memory());
  for (std::size_t i = 0; i < result.size(); ++i)
    if (!elements.nulls[i]) result[i] = pg::text_view(elements.values[i]);
  return result;
}

Datum names_datum(std::span<const name> elements) {
  auto count = static_cast<int>(elements.size());
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * (elements.size() + 1)));
  auto* nulls = static_cast<bool*>(palloc0(elements.size() + 1));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    nulls[i] = !elements[i];
    if (elements[i]) values[i] = pg::text_datum(*elements[i]);
  }
  int first = 1;
  return PointerGetDatum(
      construct_md_array(values, nulls, count > 0, &count, &first, TEXTOID, -1, false, TYPALIGN_INT));
}

}  // namespace journey::attribution
