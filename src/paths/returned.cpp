#include "paths/returned.hpp"

#include <limits>

#include "base/error.hpp"
#include "base/instant.hpp"

namespace journey::paths {
namespace {

constexpr std::uint8_t version = 1;
using limits = std::numeric_limits<std::int64_t>;  // the server's -infinity and infinity

void check(const period_row& asked) {
  if (asked.periods < 1 || asked.periods > period_row::most)
    throw error(asked.periods < 1 ? sqlstate::invalid_parameter_value : sqlstate::program_limit_exceeded,
                "periods must be from 1 to " + std::to_string(period_row::most) + ", not " +
                    std::to_string(asked.periods));
  if (asked.since == limits::min() || asked.since == limits::max())
    throw error(sqlstate::invalid_parameter_value, "since must be finite",
                "Give NULL where nothing has begun.");
}

}  // namespace

void return_log::ask(const period_row& asked) {
  if (asked == asked_) return;
  check(asked);
  if (asked_.periods != 0)
    throw error(sqlstate::invalid_parameter_value,
                "since, period and periods must be the same for all rows of a group",
                "Give what does not depend on the row, or add what it depends on to GROUP BY.");
  asked_ = asked;
  came_.resize((static_cast<std::size_t>(asked.periods) + 63) / 64);
}

void return_log::add(std::int64_t ts) {
  if (ts < asked_.since || ts == limits::max()) return;  // infinity is in no period, however long
  std::uint64_t period = elapsed(asked_.since, ts) / static_cast<std::uint64_t>(asked_.period);
  if (period < static_cast<std::uint64_t>(asked_.periods)) came_[period / 64] |= 1ULL << period % 64;
}

void return_log::combine(const return_log& other) {
  if (other.asked_.periods == 0) return;
  ask(other.asked_);
  for (std::size_t i = 0; i < came_.size(); ++i) came_[i] |= other.came_[i];
}

void return_log::serialize(wire::writer& out) const {
  out.fixed(version);
  out.fixed(asked_.since);
  out.fixed(asked_.period);
  out.fixed(static_cast<std::uint16_t>(asked_.periods));
  for (std::uint64_t word : came_) out.fixed(word);
}

void return_log::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  period_row asked;
  asked.since = in.fixed<std::int64_t>();
  asked.period = in.fixed<std::int64_t>();
  asked.periods = in.fixed<std::uint16_t>();
  if (asked.period <= 0) in.fail("its period is none");
  ask(asked);
  for (std::uint64_t& word : came_) word = in.fixed<std::uint64_t>();
  if (asked.periods % 64 != 0 && came_.back() >> asked.periods % 64 != 0) in.fail("a period is none");
}

}  // namespace journey::paths
