// Trails between SQL and C++.
#pragma once

#include "pg/aggregate.hpp"
#include "pg/datum.hpp"
#include "sessions/trail.hpp"

namespace journey::sessions {

/// The trail in argument `position`, detoasted into the current memory context where needed, which also takes
/// what the view allocates.
inline trail_view trail_argument(FunctionCallInfo fcinfo, int position) {
  return trail_view(pg::text_argument(fcinfo, position), pg::call_memory());
}

/// The trail that `write(memory, out)` writes.
template <class Write>
Datum trail_datum(Write write) {
  struct written {
    Write& write;
    void serialize(wire::writer& out) const { write(pg::call_memory(), out); }
  };
  return PointerGetDatum(pg::to_bytea(written{write}));
}

/// For bytes from outside: an error unless all texts are in the database's encoding.
void check_texts(const trail_view& trail);

}  // namespace journey::sessions
