// real_id: one id at a time through the list of blocked values.
#include "identity/block_list.hpp"
#include "pg/array.hpp"
#include "pg/call_site.hpp"

using namespace journey;

JOURNEY_FUNCTION(real_id) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  if (PG_ARGISNULL(1)) return PG_GETARG_DATUM(0);
  auto& cache = pg::call_site<pg::argument_cache<identity::block_list>>(fcinfo);
  const identity::block_list& blocked =
      cache.of(fcinfo, 1, [](identity::block_list& list, std::string_view bytes) {
        list.clear();
        for (std::string_view entry : pg::text_elements(PointerGetDatum(bytes.data()), "blocked"))
          list.add(entry);
      });
  if (blocked.contains(pg::text_argument(fcinfo, 0))) PG_RETURN_NULL();
  return PG_GETARG_DATUM(0);
}
