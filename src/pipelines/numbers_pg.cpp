// Transactions as numbers.
#include <cstdint>

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

/// Raises inside a transaction block: for procedures that commit.
JOURNEY_FUNCTION(refuse_transaction_block) {
  char* procedure = text_to_cstring(PG_GETARG_TEXT_PP(0));
  if (IsTransactionBlock())
    throw error("25001", std::string(procedure) + " can't run inside a transaction block",
                "It commits as it goes: call it by itself.");
  PG_RETURN_VOID();
}

/// Raises an error that was caught: (sqlstate, message, detail, hint), the last two empty for none.
JOURNEY_FUNCTION(raise_again) {
  char* given[4];
  for (int i = 0; i < 4; ++i) given[i] = text_to_cstring(PG_GETARG_TEXT_PP(i));
  throw error(given[0], given[1], given[3], given[2]);
}
