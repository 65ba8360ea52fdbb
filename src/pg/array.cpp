#include "pg/array.hpp"

namespace journey::pg {

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

std::pmr::vector<std::string_view> text_elements(Datum array, const char* argument) {
  array_elements elements(array, TEXTOID, argument);
  std::pmr::vector<std::string_view> texts(call_memory());
  texts.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i)
    if (!elements.nulls[i]) texts.push_back(text_view(elements.values[i]));
  return texts;
}

}  // namespace journey::pg
