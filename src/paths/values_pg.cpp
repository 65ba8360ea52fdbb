#include "paths/values_pg.hpp"

namespace journey::paths {

std::string_view image_of(Datum value, const TypeCacheEntry& type) {
  if (type.typbyval) {
    auto* copy = static_cast<Datum*>(palloc(sizeof(Datum)));
    *copy = value;
    return {reinterpret_cast<const char*>(copy), sizeof(Datum)};
  }
  if (type.typlen == -1) return pg::text_view(value);  // any of variable length: without its header
  const char* bytes = DatumGetPointer(value);
  return {bytes, type.typlen == -2 ? std::strlen(bytes) : static_cast<std::size_t>(type.typlen)};
}

Datum value_of(std::string_view image, const TypeCacheEntry& type) {
  if (type.typbyval) {
    Datum value;
    std::memcpy(&value, image.data(), sizeof value);
    return value;
  }
  if (type.typlen == -1) return pg::text_datum(image);
  auto* copy = static_cast<char*>(palloc(image.size() + 1));
  copy[image.copy(copy, image.size())] = '\0';
  return PointerGetDatum(copy);
}

std::pmr::vector<name_table::id> value_ranks(const name_table& images, const TypeCacheEntry& type,
                                             Oid collation) {
  std::pmr::memory_resource* memory = pg::call_memory();
  std::pmr::vector<Datum> values(memory);
  std::pmr::vector<name_table::id> order(memory), scratch(images.size() / 2 + 1, memory);
  for (name_table::id name = 0; name < images.size(); ++name) {
    check_interrupts();
    values.push_back(value_of(images[name], type));
    order.push_back(name);
  }
  merge_sort(std::span(order), scratch.data(), [&](name_table::id left, name_table::id right) {
    return pg::compare(type, collation, values[left], values[right]) < 0;
  });
  std::pmr::vector<name_table::id> ranks(order.size(), memory);
  for (std::size_t place = 0; place < order.size(); ++place)
    ranks[order[place]] = static_cast<name_table::id>(place);
  return ranks;
}

}  // namespace journey::paths
