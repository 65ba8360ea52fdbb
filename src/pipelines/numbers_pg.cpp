// Transactions as numbers.
#include "pg/entry.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
}

using namespace journey;

/// The default of a source's column journey_xid.
JOURNEY_FUNCTION(current_xid) {
  std::int64_t offset = PG_GETARG_INT64(0);
  PG_RETURN_INT64(static_cast<std::int64_t>(U64FromFullTransactionId(GetTopFullTransactionId())) + offset);
}
