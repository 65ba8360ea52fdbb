// Groups over partition sorts.
#pragma once

#include "pg/planner.hpp"

namespace journey::planner {

/// Offers the groups of `output` over partition sorts, beside what the server has found, whose hashed
/// aggregates are charged for what the server does not reckon with.
void offer_groups(PlannerInfo* root, RelOptInfo* input, RelOptInfo* output, const GroupPathExtraData& extra);

}  // namespace journey::planner
