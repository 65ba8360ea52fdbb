// Who owned a shared device when.
#pragma once

#include <memory_resource>
#include <vector>

#include "identity/id_pool.hpp"

namespace journey::identity {

/// From `since` to just before `until`, `user` was the one logged in on `alias`.
struct tenure {
  node alias;
  node user;
  instant since;  // or `always`
  instant until;  // or unknown_time: still
};

/// From the beginning of time.
inline constexpr instant always = std::numeric_limits<instant>::min();

/// Collects log-ins. An alias belongs to the user of its latest log-in, and before its first one to the user
/// of that one, for as long as `backfill`.
class owner_log {
 public:
  owner_log(std::pmr::memory_resource* memory, const id_pool& ids) : ids_(ids), log_ins_(memory) {}

  void add(node alias, node user, instant seen_at) { log_ins_.push_back({alias, user, seen_at}); }

  /// The tenures, alias by alias in byte order, each in order of time; those of one alias never overlap. Of
  /// two users at the same time the one greater in byte order stays.
  std::pmr::vector<tenure> resolve(std::uint64_t backfill);

 private:
  struct log_in {
    node alias;
    node user;
    instant seen_at;
  };
  const id_pool& ids_;
  std::pmr::vector<log_in> log_ins_;
};

}  // namespace journey::identity
