#include "attribution/leave_one_out.hpp"

#include <algorithm>
#include <cstring>

#include "base/interrupts.hpp"

namespace journey::attribution {
namespace {

std::string_view bytes(std::span<const name_table::id> channels) {
  return {reinterpret_cast<const char*>(channels.data()), channels.size_bytes()};
}

}  // namespace

path_counts::exact_counts& path_counts::count(std::span<const id> channels) {
  id path = paths_.number(bytes(channels));
  if (path == counts_.size()) counts_.emplace_back(memory_);
  return counts_[path];
}

void path_counts::channels_of(id path, std::pmr::vector<id>& channels) const {
  std::string_view key = paths_[path];
  channels.resize(key.size() / sizeof(id));
  std::memcpy(channels.data(), key.data(), key.size());
}

void path_counts::add(path path, const results& results) {
  results.check();
  if (path.empty()) return untouched_.add(results);
  key_.clear();
  for (std::string_view channel : path) key_.push_back(channels_.number(channel));
  exact_counts& counts = count(key_);
  counts.add(results);
  counts.nulls.add(results.nulls);
}

void path_counts::combine(const path_counts& other) {
  auto channel = channels_.numbers_of(other.channels_);
  for (id path = 0; path < other.paths_.size(); ++path) {
    check_interrupts();
    other.channels_of(path, key_);
    for (id& number : key_) number = channel[number];
    exact_counts& counts = count(key_);
    counts.add(other.counts_[path]);
    counts.nulls.add(other.counts_[path].nulls);
  }
  untouched_.add(other.untouched_);
}

void path_counts::serialize(wire::writer& out) const {
  channels_.serialize(out);
  out.varint(paths_.size());
  std::pmr::vector<id> channels(memory_);
  for (id path = 0; path < paths_.size(); ++path) {
    check_interrupts();
    channels_of(path, channels);
    out.varint(channels.size());
    for (id channel : channels) out.varint(channel);
    counts_[path].serialize(out);
    counts_[path].nulls.serialize(out);
  }
  untouched_.serialize(out);
}

void path_counts::deserialize(wire::reader& in) {
  channels_.deserialize(in);
  for (std::size_t left = in.count(2); left > 0; --left) {
    key_.clear();
    for (std::size_t length = in.count(1); length > 0; --length) {
      std::uint64_t channel = in.varint();
      if (channel >= channels_.size()) in.fail("a path has an unknown channel");
      key_.push_back(static_cast<id>(channel));
    }
    if (key_.empty()) in.fail("a path is empty");
    exact_counts& counts = count(key_);
    counts.deserialize(in);
    counts.nulls.deserialize(in);
  }
  untouched_.deserialize(in);
}

double path_counts::conversion_rate(id path) const {
  if (path == name_table::none) return 0;
  double conversions = counts_[path].conversions.value(), nulls = counts_[path].nulls.value();
  return conversions == 0 ? 0 : conversions / (conversions + nulls);
}

channel_credits path_counts::credits(std::pmr::memory_resource* memory) const {
  std::pmr::vector<exact_results> parts(memory);
  for (std::size_t i = 0; i < channels_.size(); ++i) parts.emplace_back(memory);
  std::pmr::vector<id> channels(memory), others(memory);
  std::pmr::vector<double> contributions(memory);
  for (id path = 0; path < paths_.size(); ++path) {
    double conversions = counts_[path].conversions.value(), value = counts_[path].value.value();
    channels_of(path, channels);
    double rate = conversion_rate(path), sum = 0;
    contributions.assign(channels.size(), 0.0);
    if (channels.size() > 1)
      for (std::size_t i = 0; i < channels.size(); ++i) {
        check_interrupts();
        others.assign(channels.begin(), channels.end());
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        contributions[i] = std::max(0.0, rate - conversion_rate(paths_.find(bytes(others))));
        sum += contributions[i];
      }
    if (sum == 0) contributions.back() = sum = 1;
    for (std::size_t i = 0; i < channels.size(); ++i) {
      parts[channels[i]].conversions.add(conversions * (contributions[i] / sum));
      parts[channels[i]].value.add(value * (contributions[i] / sum));
    }
  }
  return by_name(channels_, parts, untouched_, memory);
}

}  // namespace journey::attribution
