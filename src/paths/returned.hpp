// Retention: in which periods since a start a visitor was there.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/wire.hpp"

namespace journey::paths {

/// Periods of one length, one after the other.
struct period_row {
  std::int64_t since = 0;
  std::int64_t period = 0;  // microseconds, greater than zero
  int periods = 0;          // 0 while nothing has been asked

  static constexpr int most = 1000;
  bool operator==(const period_row&) const = default;
};

/// The periods in which a visitor was there, mergeable: a bit for each.
class return_log {
 public:
  explicit return_log(std::pmr::memory_resource* memory) : came_(memory) {}

  /// An error where it is not the same for all rows.
  void ask(const period_row& asked);
  void add(std::int64_t ts);
  void combine(const return_log& other);

  int periods() const { return asked_.periods; }
  /// Whether there was a row in a period, by its place from 0.
  bool came(int period) const {
    return (came_[static_cast<std::size_t>(period) / 64] >> period % 64 & 1) != 0;
  }

  void serialize(wire::writer& out) const;
  void deserialize(wire::reader& in);

 private:
  period_row asked_;
  std::pmr::vector<std::uint64_t> came_;
};

}  // namespace journey::paths
