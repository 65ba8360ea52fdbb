// SQL entry points: the functions that change paths.
#include <algorithm>

#include "attribution/names_pg.hpp"
#include "base/interrupts.hpp"
#include "pg/entry.hpp"
#include "pg/memory.hpp"

using namespace journey;
using namespace journey::attribution;

JOURNEY_FUNCTION(path_collapse) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  collapse(path);
  return names_datum(path);
}

JOURNEY_FUNCTION(path_unique) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  std::pmr::vector<std::size_t> counts(pg::call_memory());
  keep_first(path, counts);
  return names_datum(path);
}

JOURNEY_FUNCTION(path_frequency) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  std::pmr::vector<std::size_t> counts(pg::call_memory());
  keep_first(path, counts);
  for (std::size_t i = 0; i < path.size(); ++i) {
    check_interrupts();
    if (path[i])
      path[i] = psprintf("%.*s(%zu)", static_cast<int>(path[i]->size()), path[i]->data(), counts[i]);
  }
  return names_datum(path);
}

JOURNEY_FUNCTION(path_last) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  int kept = PG_GETARG_INT32(1);
  if (kept < 0)
    throw error(sqlstate::invalid_parameter_value, "n must not be negative: " + std::to_string(kept));
  return names_datum(std::span(path).last(std::min(path.size(), static_cast<std::size_t>(kept))));
}

JOURNEY_FUNCTION(path_strip) {
  names path = read_names(PG_GETARG_DATUM(0), "path");
  channel_set channels(pg::call_memory());
  channels.assign(read_names(PG_GETARG_DATUM(1), "channels"));
  strip(path, channels, PG_GETARG_BOOL(2));
  return names_datum(path);
}
