#include "rfm/history.hpp"

#include "base/sort.hpp"

namespace journey::rfm {
namespace {

constexpr std::uint8_t version = 1;

template <class Item>
void sort_unique(std::pmr::vector<Item>& items) {
  sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
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

calendar::calendar(std::pmr::memory_resource* memory, std::span<const period> periods)
    : periods_(periods.begin(), periods.end(), memory), cuts_(memory), views_(memory) {
  sort_unique(periods_);
  cuts_.reserve(2 * periods_.size());
  for (const period& one : periods_) {
    assert(one.after < one.until || one.after == period::always);
    cuts_.push_back(one.until);
    if (one.after != period::always) cuts_.push_back(one.after);
  }
  sort_unique(cuts_);
  views_.reserve(periods_.size());
  for (const period& one : periods_) {
    check_interrupts();
    std::size_t first = one.after == period::always ? 0 : interval(one.after) + 1;
    views_.push_back({one.until, first, interval(one.until) + 1, first});
  }
  for (std::size_t i = views_.size(); i-- > 1;)
    views_[i - 1].least = std::min(views_[i - 1].least, views_[i].least);
}

timeline::timeline(std::pmr::memory_resource* memory, const calendar& dates) : dates_(&dates), sums_(memory) {
  sums_.reserve(dates.intervals());
  for (std::size_t i = 0; i < dates.intervals(); ++i) {
    check_interrupts();
    sums_.emplace_back(memory);
  }
}

void timeline::combine(const timeline& other) {
  assert(sums_.size() == other.sums_.size());
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    check_interrupts();
    sums_[i].combine(other.sums_[i]);
  }
}

void timeline::serialize(wire::writer& out) const {
  for (const tally& sum : sums_) {
    check_interrupts();
    sum.serialize(out);
  }
}

void timeline::deserialize(wire::reader& in) {
  for (tally& sum : sums_) {
    check_interrupts();
    sum.deserialize(in);
  }
}

void calendar_state::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(dates_->periods().size());
  for (const period& one : dates_->periods()) {
    check_interrupts();
    out.fixed(one.until);
    out.fixed(one.after);
  }
}

void calendar_state::deserialize(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
  std::size_t count = in.count(2 * sizeof(instant));
  std::pmr::vector<period> periods(memory_);
  periods.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    period one{in.fixed<instant>(), in.fixed<instant>()};
    if (one.after >= one.until && one.after != period::always) in.fail("a window is empty");
    periods.push_back(one);
  }
  dates_ = own_ = make<calendar>(std::span<const period>(periods));
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
  assert(dates() != nullptr && *dates() == *other.dates());
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
  calendar_state::serialize(out);
  out.fixed(sums_ != nullptr);
  if (sums_ != nullptr)
    sums_->serialize(out);
  else
    out.text(bytes(log_));
}

void history::deserialize(wire::reader& in) {
  calendar_state::deserialize(in);
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
