// Trails between SQL and C++.
#pragma once

#include "channels/touch_pg.hpp"
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

/// The columns of the SQL type `journey.session`.
struct session_columns {
  static constexpr std::initializer_list<Oid> types{INT8OID, TIMESTAMPTZOID,   TIMESTAMPTZOID, INT8OID,
                                                    INT8OID, INT8OID,          TIMESTAMPTZOID, TEXTOID,
                                                    TEXTOID, pg::row_type::any};
  static constexpr int count = types.size();

  /// Sets them, all 0 and not NULL before, to session `number` of a trail with these words. `touches` may be
  /// null where the trail has none.
  static void fill(const session_record& session, std::int64_t number, const trail_view& trail,
                   const channels::touch_type* touches, Datum* values, bool* nulls);
};

/// For bytes from outside: an error unless all texts are in the database's encoding.
void check_texts(const trail_view& trail);

}  // namespace journey::sessions
