#include "pg/planner.hpp"

#include "pg/entry.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void) {  // NOLINT(readability-identifier-naming): the server's name
  journey::pg::guarded([] { journey::pg::at_load::run(); });
}
}

namespace journey::pg {
namespace {

create_upper_paths_hook_type others;
offer_paths ours;

void upper_paths(PlannerInfo* root, UpperRelationKind kind, RelOptInfo* input, RelOptInfo* output,
                 void* extra) {
  if (others != nullptr) others(root, kind, input, output, extra);
  guarded([=] { ours(root, kind, input, output, extra); });
}

}  // namespace

void set_upper_paths(offer_paths offer) {
  others = create_upper_paths_hook;
  ours = offer;
  create_upper_paths_hook = upper_paths;
}

}  // namespace journey::pg

JOURNEY_FUNCTION(aggregate_support) { PG_RETURN_POINTER(nullptr); }
