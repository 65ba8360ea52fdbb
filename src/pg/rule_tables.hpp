// Tables of rules that functions read, whose rows users may add to.
#pragma once

#include <cstdint>

#include "pg/postgres.hpp"

namespace journey::pg {

/// Tells whether the rule tables may have changed. A statement-level trigger on each of them,
/// journey.rules_changed(), sends the server's own invalidation message for it; so a look costs the
/// comparison of a few numbers, and rules are as old as the statement's snapshot, no older.
class rule_version {
 public:
  /// Whether rules read at the call before may be out of date; true at the first call.
  bool changed();

 private:
  struct view {
    TransactionId xmin, xmax;
    std::uint32_t running;
    CommandId command;
    bool operator==(const view&) const = default;
  };
  view seen_{};
  std::uint64_t version_ = 0;
};

}  // namespace journey::pg
