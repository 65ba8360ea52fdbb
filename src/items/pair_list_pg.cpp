// pair_list, merge_pair_lists, listed_pairs, best_pairs.
#include <algorithm>
#include <string>

#include "base/interrupts.hpp"
#include "items/pair_list.hpp"
#include "pg/array.hpp"
#include "pg/set.hpp"

using namespace journey;
using namespace journey::items;

namespace {

std::uint32_t item_number(Datum value) {
  int number = DatumGetInt32(value);
  if (number < 0)
    throw error(sqlstate::invalid_parameter_value,
                "the number of an item must not be negative: " + std::to_string(number));
  return static_cast<std::uint32_t>(number);
}

/// The elements of an array, none of which may be NULL.
std::span<const Datum> all_elements(FunctionCallInfo fcinfo, int position, Oid type, const char* argument) {
  pg::array_elements elements(PG_GETARG_DATUM(position), type, argument);
  if (std::any_of(elements.nulls, elements.nulls + elements.size(), [](bool null) { return null; }))
    throw error(sqlstate::null_value_not_allowed, std::string(argument) + " must not have NULLs");
  return elements.values;
}

void same_size(const char* name, std::span<const Datum> array, const char* other_name,
               std::span<const Datum> other) {
  if (array.size() == other.size()) return;
  throw error(sqlstate::invalid_parameter_value,
              std::string(name) + " and " + other_name + " must have as many elements: " +
                  std::to_string(array.size()) + " and " + std::to_string(other.size()));
}

Datum list_datum(const wire::writer& bytes) { return pg::text_datum({bytes.data(), bytes.size()}); }

/// Rows of the number of an item and a count.
class pair_rows {
 public:
  static constexpr std::initializer_list<Oid> types{INT4OID, INT8OID};
  static constexpr int columns = types.size();

  explicit pair_rows(std::pmr::memory_resource* memory) : pairs(memory) {}

  bool next(Datum* values, bool*) {
    check_interrupts();
    if (next_ == pairs.size()) return false;
    const listed_pair& pair = pairs[next_++];
    values[0] = Int32GetDatum(static_cast<std::int32_t>(pair.with));
    values[1] = Int64GetDatum(pair.together);
    return true;
  }

  pair_list pairs;

 private:
  std::size_t next_ = 0;
};

}  // namespace

JOURNEY_FUNCTION(pair_list) {
  std::span<const Datum> items = all_elements(fcinfo, 0, INT4OID, "with_items");
  std::span<const Datum> together = all_elements(fcinfo, 1, INT4OID, "together");
  same_size("with_items", items, "together", together);
  pg::context_resource memory(CurrentMemoryContext);
  pair_list pairs(&memory);
  pairs.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    pairs.push_back({item_number(items[i]), DatumGetInt32(together[i])});
  add_up(pairs);
  wire::writer out(&memory);
  write_pairs(out, pairs);
  return list_datum(out);
}

JOURNEY_FUNCTION(merge_pair_lists) {
  std::string_view list = pg::text_argument(fcinfo, 0), more = pg::text_argument(fcinfo, 1);
  pg::context_resource memory(CurrentMemoryContext);
  pair_list changes(&memory);
  read_pairs(more, changes);
  wire::writer out(&memory);
  change_pairs(out, list, changes);
  return list_datum(out);
}

JOURNEY_FUNCTION(listed_pairs) {
  return pg::each_row(fcinfo, pair_rows::types, [fcinfo](pg::row_series& series) -> pair_rows* {
    if (PG_ARGISNULL(0)) return nullptr;
    std::string_view list = pg::text_argument(fcinfo, 0);
    std::span<const Datum> among;
    if (!PG_ARGISNULL(1)) among = all_elements(fcinfo, 1, INT4OID, "among");
    auto& rows = pg::make_in<pair_rows>(series.memory());
    read_pairs(list, rows.pairs);
    if (PG_ARGISNULL(1)) return &rows;
    hash_set<std::uint32_t> wanted(rows.pairs.get_allocator());
    for (Datum item : among) wanted.insert(item_number(item));
    std::erase_if(rows.pairs, [&wanted](const listed_pair& pair) { return !wanted.contains(pair.with); });
    return &rows;
  });
}

JOURNEY_FUNCTION(best_pairs) {
  return pg::each_row(fcinfo, pair_rows::types, [fcinfo](pg::row_series& series) -> pair_rows* {
    for (int position = 0; position < 4; ++position)
      if (PG_ARGISNULL(position)) return nullptr;
    std::span<const Datum> lists = all_elements(fcinfo, 0, BYTEAOID, "lists");
    std::span<const Datum> weights = all_elements(fcinfo, 1, INT4OID, "weights");
    std::span<const Datum> without = all_elements(fcinfo, 2, INT4OID, "without");
    same_size("lists", lists, "weights", weights);
    int most = PG_GETARG_INT32(3);
    if (most < 1)
      throw error(sqlstate::invalid_parameter_value, "most must be at least 1: " + std::to_string(most));
    auto& rows = pg::make_in<pair_rows>(series.memory());
    std::pmr::memory_resource* memory = rows.pairs.get_allocator().resource();
    pair_sums sums(memory);
    for (std::size_t i = 0; i < lists.size(); ++i)
      sums.add(pg::text_view(lists[i]), DatumGetInt32(weights[i]));
    for (Datum item : without) sums.leave_out(item_number(item));
    rows.pairs = sums.best(static_cast<std::size_t>(most));
    return &rows;
  });
}
