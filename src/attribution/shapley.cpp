#include "attribution/shapley.hpp"

#include <algorithm>
#include <cassert>

#include "base/interrupts.hpp"
#include "base/sort.hpp"

namespace journey::attribution {
namespace {

constexpr std::uint8_t version = 1;

}  // namespace

void shapley_counts::add(path path, const results& results) {
  results.check();
  if (path.empty()) return untouched_.add(results);
  distinct_.clear();
  for (std::string_view channel : path) {
    check_interrupts();
    distinct_.push_back(channels_.number(channel));
  }
  sort(distinct_);
  distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
  for (name_table::id channel : distinct_) {
    check_interrupts();
    shared_.of(channel, static_cast<std::uint32_t>(distinct_.size())).add(results);
  }
}

void shapley_counts::combine(const shapley_counts& other) {
  auto channel = channels_.numbers_of(other.channels_);
  for (const auto& entry : other.shared_.entries()) {
    check_interrupts();
    shared_.of(channel[entry.first], entry.second).add(entry.value);
  }
  untouched_.add(other.untouched_);
}

void shapley_counts::serialize(wire::writer& out) const {
  out.fixed(version);
  channels_.serialize(out);
  out.varint(shared_.entries().size());
  for (const auto& entry : shared_.entries()) {
    check_interrupts();
    out.varint(entry.first);
    out.varint(entry.second);
    entry.value.serialize(out);
  }
  untouched_.serialize(out);
}

void shapley_counts::deserialize(wire::reader& in) {
  check_version(in, version);
  channels_.deserialize(in);
  for (std::size_t left = in.count(2); left > 0; --left) {
    check_interrupts();
    std::uint64_t channel = in.varint(), sharing = in.varint();
    if (channel >= channels_.size()) in.fail("a channel is unknown");
    if (sharing == 0 || sharing > channels_.size()) in.fail("a path has more channels than there are");
    shared_.of(static_cast<std::uint32_t>(channel), static_cast<std::uint32_t>(sharing)).deserialize(in);
  }
  untouched_.deserialize(in);
}

channel_credits shapley_counts::credits(std::pmr::memory_resource* memory) const {
  std::pmr::vector<exact_results> parts = empty_results(channels_.size(), memory);
  for (const auto& [channel, sharing, results] : shared_.entries()) {
    check_interrupts();
    assert(sharing >= 1 && sharing <= channels_.size());
    parts[channel].conversions.add(results.conversions.value() / sharing);
    parts[channel].value.add(results.value.value() / sharing);
  }
  return by_name(channels_, parts, untouched_, memory);
}

}  // namespace journey::attribution
