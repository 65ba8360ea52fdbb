// Conversions, and the touches that may count for each: look-back windows and conversion cycles.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

namespace journey::attribution {

/// The times at which touches count, both bounds included.
struct window {
  std::int64_t since;
  std::int64_t until;
};

/// From `lookback` before a conversion up to it; without a lookback, everything up to it.
window looking_back(std::int64_t converted_at, std::optional<std::int64_t> lookback);

/// A moment that earns credit: its number, and when touches count for it.
struct conversion {
  std::int32_t number;
  window when;
};

/// The conversions of a visitor at `times`, numbered from 1 by their places there, by time; missing times are
/// left out. Where touches are not reused each counts for one conversion time only, the next one: conversion
/// cycles. Conversions at the same time share a cycle.
std::pmr::vector<conversion> conversions_at(std::span<const std::optional<std::int64_t>> times,
                                            std::optional<std::int64_t> lookback, bool reuse_touches,
                                            std::pmr::memory_resource* memory);

}  // namespace journey::attribution
