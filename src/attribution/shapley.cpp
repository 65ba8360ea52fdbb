#include "attribution/shapley.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace journey::attribution {

void shapley_counts::add(path path, const results& results) {
  results.check();
  if (path.empty()) return untouched_.add(results);
  distinct_.clear();
  for (std::string_view channel : path) distinct_.push_back(channels_.number(channel));
  sort(distinct_);
  distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
  for (name_table::id channel : distinct_)
    shared_.of(channel, static_cast<std::uint32_t>(distinct_.size())).add(results);
}

void shapley_counts::combine(const shapley_counts& other) {
  auto channel = channels_.numbers_of(other.channels_);
  for (const auto& entry : other.shared_.entries())
    shared_.of(channel[entry.first], entry.second).add(entry.value);
  untouched_.add(other.untouched_);
}

void shapley_counts::serialize(wire::writer& out) const {
  channels_.serialize(out);
  out.varint(shared_.entries().size());
  for (const auto& entry : shared_.entries()) {
    out.varint(entry.first);
    out.varint(entry.second);
    entry.value.serialize(out);
  }
  untouched_.serialize(out);
}

void shapley_counts::deserialize(wire::reader& in) {
  channels_.deserialize(in);
  for (std::size_t left = in.count(2); left > 0; --left) {
    std::uint64_t channel = in.varint(), sharing = in.varint();
    if (channel >= channels_.size()) in.fail("a channel is unknown");
    if (sharing == 0 || sharing > channels_.size()) in.fail("a path has more channels than there are");
    shared_.of(static_cast<std::uint32_t>(channel), static_cast<std::uint32_t>(sharing)).deserialize(in);
  }
  untouched_.deserialize(in);
}

channel_credits shapley_counts::credits(std::pmr::memory_resource* memory) const {
  std::pmr::vector<exact_results> parts(memory);
  for (std::size_t i = 0; i < channels_.size(); ++i) parts.emplace_back(memory);
  for (const auto& [channel, sharing, results] : shared_.entries()) {
    parts[channel].conversions.add(results.conversions.value() / sharing);
    parts[channel].value.add(results.value.value() / sharing);
  }
  return by_name(channels_, parts, untouched_, memory);
}

}  // namespace journey::attribution
