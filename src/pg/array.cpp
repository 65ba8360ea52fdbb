#include "pg/array.hpp"

#include "base/interrupts.hpp"

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

// The server's own function asks for a copy of each text first, and can't be cancelled.
Datum text_array(std::span<const std::string_view> texts, const char* hint) {
  if (texts.empty()) return PointerGetDatum(construct_empty_array(TEXTOID));
  std::size_t size = ARR_OVERHEAD_NONULLS(1);
  for (std::string_view text : texts) {
    check_interrupts();
    size += INTALIGN(VARHDRSZ + text.size());
    if (size > MaxAllocSize)
      throw error(sqlstate::program_limit_exceeded,
                  std::to_string(texts.size()) + " texts of more than 1 GB can't be returned", hint);
  }
  auto* array = static_cast<ArrayType*>(palloc0(size));
  SET_VARSIZE(array, size);
  array->ndim = 1;
  array->elemtype = TEXTOID;
  ARR_DIMS(array)[0] = static_cast<int>(texts.size());
  ARR_LBOUND(array)[0] = 1;
  char* at = ARR_DATA_PTR(array);
  for (std::string_view text : texts) {
    check_interrupts();
    SET_VARSIZE(at, VARHDRSZ + text.size());
    text.copy(VARDATA(at), text.size());
    at += INTALIGN(VARHDRSZ + text.size());
  }
  return PointerGetDatum(array);
}

}  // namespace journey::pg
