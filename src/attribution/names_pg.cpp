#include "attribution/names_pg.hpp"

#include "base/interrupts.hpp"
#include "pg/array.hpp"
#include "pg/memory.hpp"

namespace journey::attribution {

names read_names(Datum array, const char* argument) {
  pg::array_elements elements(array, TEXTOID, argument);
  names result(elements.size(), pg::call_memory());
  for (std::size_t i = 0; i < result.size(); ++i) {
    check_interrupts();
    if (!elements.nulls[i]) result[i] = pg::text_view(elements.values[i]);
  }
  return result;
}

Datum names_datum(std::span<const name> elements) {
  auto count = static_cast<int>(elements.size());
  auto* values = static_cast<Datum*>(
      palloc_extended(sizeof(Datum) * (elements.size() + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
  auto* nulls = static_cast<bool*>(palloc0(elements.size() + 1));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    check_interrupts();
    nulls[i] = !elements[i];
    if (elements[i]) values[i] = pg::text_datum(*elements[i]);
  }
  int first = 1;
  return PointerGetDatum(
      construct_md_array(values, nulls, count > 0, &count, &first, TEXTOID, -1, false, TYPALIGN_INT));
}

}  // namespace journey::attribution
