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

/// Whether the statement at hand sees all changes of rule tables that this session has heard of. Then what it
/// reads of them holds for each later statement of which this is true, too, until a rule_version tells of a
/// change. It is not where a statement's snapshot is older than a change, and while a transaction is open
/// that was when a change was heard of, this session's own among them.
bool sees_all_changes();

}  // namespace journey::pg
