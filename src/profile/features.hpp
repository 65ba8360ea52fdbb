// What was known of a visitor at a time.
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "sessions/trail.hpp"

namespace journey::profile {

/// What a trail says as of a time: what the trail of the events up to that time says, whichever came later.
struct features {
  std::int64_t sessions = 0;
  std::int64_t sessions_7d = 0;
  std::int64_t sessions_30d = 0;
  std::int64_t sessions_90d = 0;
  std::int64_t days_started_30d = 0;
  std::optional<double> hours_since_last_start{};  // none at infinity, either
  std::int64_t sessions_with_conversion = 0;
  std::optional<std::string_view> first_channel{};
  std::optional<std::string_view> last_channel{};
  std::optional<std::string_view> last_paid_channel{};
  bool in_session = false;
};

/// A trail read once, to be asked as of many times, each in steps that grow with the logarithm of its
/// sessions.
class past {
 public:
  past(const sessions::trail_view& trail, std::pmr::memory_resource* memory);

  features as_of(std::int64_t time) const;

 private:
  /// A session, and what all before it come to.
  struct moment {
    sessions::session_record session;
    std::int64_t day = 0;        // the number, from 1, of the day of its start among those with a start
    std::int64_t converted = 0;  // sessions before with a conversion
    sessions::touch_mark first{};
    sessions::touch_mark last{};
    sessions::touch_mark last_paid{};
  };

  /// The first session that starts later than a time.
  std::size_t after(std::int64_t time) const;
  std::optional<std::string_view> channel(const sessions::touch_mark& touch) const;
  bool is_paid(const sessions::touch_mark& touch) const { return paid_[touch.touch]; }
  /// What all come to that are not after `last`, as of a time that it has started by.
  moment up_to(const moment& last, std::int64_t time) const;

  const sessions::trail_view& trail_;
  std::pmr::vector<bool> paid_;  // touches by their number in the trail's dictionary
  std::pmr::vector<moment> moments_;
};

}  // namespace journey::profile
