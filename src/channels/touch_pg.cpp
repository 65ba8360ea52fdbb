#include "channels/touch_pg.hpp"

#include "pg/memory.hpp"

namespace journey::channels {

touch_type::touch_type(std::pmr::memory_resource* memory)
    : rows_(pg::row_type::named(pg::context_of(memory), "touch", column_types)) {}

touch touch_type::read(Datum value, std::int64_t touched_at) const {
  Datum values[columns];
  bool nulls[columns];
  rows_.read(value, values, nulls);
  touch result;
  result.touched_at = touched_at;
  for (std::size_t i = 0; i < touch_texts; ++i)
    if (!nulls[i + 1]) result.texts[i] = pg::text_view(values[i + 1]);
  return result;
}

Datum touch_type::datum(const touch& value) const {
  Datum values[columns];
  bool nulls[columns];
  fill(value, values, nulls);
  return rows_.row(values, nulls);
}

void touch_type::fill(const touch& value, Datum* values, bool* nulls) {
  values[0] = TimestampTzGetDatum(value.touched_at);
  nulls[0] = false;
  for (std::size_t i = 0; i < touch_texts; ++i) {
    nulls[i + 1] = !value.texts[i].has_value();
    if (value.texts[i]) values[i + 1] = pg::text_datum(*value.texts[i]);
  }
}

}  // namespace journey::channels
