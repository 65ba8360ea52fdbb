// What a session is at, for others to see.
#include "pg/entry.hpp"

extern "C" {
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
}

using namespace journey;

/// Shows (pipeline, stage) in place of the session's statement; without a stage the statement again.
JOURNEY_FUNCTION(report_stage) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) {
    pgstat_report_activity(STATE_RUNNING, debug_query_string ? debug_query_string : "");
  } else {
    char* pipeline = text_to_cstring(PG_GETARG_TEXT_PP(0));
    char* stage = text_to_cstring(PG_GETARG_TEXT_PP(1));
    pgstat_report_activity(STATE_RUNNING, psprintf("journey: %s: %s", pipeline, stage));
  }
  PG_RETURN_VOID();
}
