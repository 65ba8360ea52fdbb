#include "rfm/history.hpp"

#include "base/sort.hpp"

namespace journey::rfm {
namespace {

constexpr std::uint8_t version = 1;

void sort_unique(std::pmr::vector<instant>& times) {
  sort(times);
  times.erase(std::unique(times.begin(), times.end()), times.end());
}

// Times may lie further apart than their type holds; steps wrap around.
instant step(instant from, instant to) {
  return static_cast<instant>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}
instant after(instant from, instant step) {
  return static_cast<instant>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(step));
}

std::string_view bytes(const wire::writer& log) { return {log.data(), log.size()}; }

/// Hands each payment of a log to `visit(paid_at, amount)`.
template <class Visit>
void each_logged(std::pmr::memory_resource* memory, std::string_view log, Visit visit) {
  wire::reader in(log, "log of payments");
  std::pmr::vector<std::uint16_t> digits(memory);
  instant paid_at = 0;
  while (in.left() > 0) {
    check_interrupts();
    paid_at = after(paid_at, in.signed_varint());
    visit(paid_at, deserialize(in, digits));
  }
}

}  // namespace

calendar::calendar(std::pmr::memory_resource* memory, std::span<const instant> snapshots, instant window)
    : snapshots_(snapshots.begin(), snapshots.end(), memory), cuts_(memory), views_(memory), window_(window) {
  sort_unique(snapshots_);
  // A window that would begin before time does has no beginning.
  auto begins = [&](instant snapshot, instant& begin) {
    return window_ > 0 && !__builtin_sub_overflow(snapshot, window_, &begin);
  };
  cuts_ = snapshots_;
  for (instant snapshot : snapshots_)
    if (instant begin; begins(snapshot, begin)) cuts_.push_back(begin);
  sort_unique(cuts_);
  views_.reserve(snapshots_.size());
  for (instant snapshot : snapshots_) {
    instant begin;
    views_.push_back({snapshot, begins(snapshot, begin) ? interval(begin) + 1 : 0, interval(snapshot) + 1});
  }
}

timeline::timeline(std::pmr::memory_resource* memory, const calendar& dates) : dates_(&dates), sums_(memory) {
  sums_.reserve(dates.intervals());
  for (std::size_t i = 0; i < dates.intervals(); ++i) sums_.emplace_back(memory);
}

void timeline::combine(const timeline& other) {
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].combine(other.sums_[i]);
}

void timeline::serialize(wire::writer& out) const {
  for (const tally& sum : sums_) sum.serialize(out);
}

void timeline::deserialize(wire::reader& in) {
  for (tally& sum : sums_) sum.deserialize(in);
}

void dated::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(static_cast<std::uint64_t>(dates_->window()));
  out.varint(dates_->snapshots().size());
  for (instant snapshot : dates_->snapshots()) out.fixed(snapshot);
}

void dated::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  std::uint64_t window = in.varint();
  if (window > std::numeric_limits<instant>::max()) in.fail("its window is out of range");
  std::size_t count = in.count(sizeof(instant));
  std::pmr::vector<instant> snapshots(memory_);
  snapshots.reserve(count);
  for (std::size_t i = 0; i < count; ++i) snapshots.push_back(in.fixed<instant>());
  dates_ = own_ = make<calendar>(snapshots, static_cast<instant>(window));
}

void history::add(instant paid_at, const amount& value) {
  if (sums_ != nullptr) return sums_->add(paid_at, value);
  log_.signed_varint(step(latest_, paid_at));
  rfm::serialize(value, log_);
  latest_ = paid_at;
  constexpr std::size_t small = 4096;
  if (log_.size() > std::max(small, 2 * sizeof(tally) * dates()->intervals())) settle();
}

void history::settle() {
  sums_ = make<timeline>(*dates());
  each_logged(memory_, bytes(log_),
              [&](instant paid_at, const amount& value) { sums_->add(paid_at, value); });
  log_ = wire::writer(memory_);
}

void history::combine(const history& other) {
  if (other.sums_ != nullptr) {
    if (sums_ == nullptr) settle();
    sums_->combine(*other.sums_);
  }
  each_logged(memory_, bytes(other.log_), [&](instant paid_at, const amount& value) { add(paid_at, value); });
}

void history::sum_up(timeline& sums) const {
  if (sums_ != nullptr) sums.combine(*sums_);
  each_logged(memory_, bytes(log_), [&](instant paid_at, const amount& value) { sums.add(paid_at, value); });
}

void history::serialize(wire::writer& out) const {
  dated::serialize(out);
  out.fixed(sums_ != nullptr);
  if (sums_ != nullptr)
    sums_->serialize(out);
  else
    out.text(bytes(log_));
}

void history::deserialize(wire::reader& in) {
  dated::deserialize(in);
  auto settled = in.fixed<std::uint8_t>();
  if (settled > 1) in.fail("its form is unknown");
  if (settled == 1) {
    sums_ = make<timeline>(*dates());
    sums_->deserialize(in);
  } else {
    each_logged(memory_, in.text(), [&](instant paid_at, const amount& value) { add(paid_at, value); });
  }
}

}  // namespace journey::rfm
