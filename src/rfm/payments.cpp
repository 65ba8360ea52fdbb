#include "rfm/payments.hpp"

namespace journey::rfm {
namespace {

constexpr std::uint8_t version = 1;

void check_version(wire::reader& in) {
  if (in.fixed<std::uint8_t>() != version) in.fail("its version is unknown");
}

template <class Items>
Items copy_of(const Items& items, std::pmr::memory_resource& memory) {
  using item = std::remove_const_t<std::remove_pointer_t<decltype(items.data())>>;
  auto* copy = static_cast<item*>(memory.allocate(items.size() * sizeof(item), alignof(item)));
  std::copy(items.begin(), items.end(), copy);
  return Items(copy, items.size());
}

}  // namespace

void tally::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(static_cast<std::uint64_t>(count_));
  if (empty()) return;
  out.fixed(first_);
  out.fixed(last_);
  sum_.serialize(out);
}

void tally::deserialize(wire::reader& in) {
  check_version(in);
  std::uint64_t count = in.varint();
  if (count > std::numeric_limits<std::int64_t>::max() / 2) in.fail("its payments are too many");
  count_ = static_cast<std::int64_t>(count);
  if (empty()) return;
  first_ = in.fixed<instant>();
  last_ = in.fixed<instant>();
  if (first_ > last_) in.fail("its last payment is before its first");
  sum_.deserialize(in);
}

amount ledger::keep(const amount& value) {
  amount kept = value;
  kept.digits = copy_of(value.digits, kept_);
  return kept;
}

void ledger::add(std::string_view id, instant paid_at, const amount& value) {
  auto known = payments_.find(id);
  if (known == payments_.end()) {
    payments_.emplace(copy_of(id, kept_), payment{paid_at, keep(value)});
    return;
  }
  payment& standing = known->second;
  if (paid_at > standing.paid_at) return;
  if (paid_at == standing.paid_at && compare(value, standing.value) >= 0) return;
  standing = {paid_at, keep(value)};
}

void ledger::combine(const ledger& other) {
  for (const auto& [id, payment] : other.payments_) {
    check_interrupts();
    add(id, payment.paid_at, payment.value);
  }
}

void ledger::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(payments_.size());
  for (const auto& [id, payment] : payments_) {
    check_interrupts();
    out.text(id);
    out.fixed(payment.paid_at);
    rfm::serialize(payment.value, out);
  }
}

void ledger::deserialize(wire::reader& in) {
  check_version(in);
  std::size_t count = in.count(1 + sizeof(instant) + 4);
  std::pmr::vector<std::uint16_t> digits(payments_.get_allocator().resource());
  for (std::size_t i = 0; i < count; ++i) {
    check_interrupts();
    std::string_view id = in.text();
    auto paid_at = in.fixed<instant>();
    add(id, paid_at, rfm::deserialize(in, digits));
  }
}

}  // namespace journey::rfm
