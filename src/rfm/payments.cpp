#include "rfm/payments.hpp"

#include <cassert>

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
  assert(payments_ <= rows_ && (payments_ == 0 || first_ <= last_));
  out.fixed(version);
  out.varint(static_cast<std::uint64_t>(rows_));
  if (rows_ == 0) return;
  out.varint(static_cast<std::uint64_t>(payments_));
  if (payments_ > 0) {
    out.fixed(first_);
    out.fixed(last_);
  }
  sum_.serialize(out);
}

void tally::deserialize(wire::reader& in) {
  check_version(in);
  std::uint64_t rows = in.varint();
  if (rows > std::numeric_limits<std::int64_t>::max() / 2) in.fail("its payments are too many");
  rows_ = static_cast<std::int64_t>(rows);
  if (rows_ == 0) return;
  std::uint64_t payments = in.varint();
  if (payments > rows) in.fail("its payments are more than its rows");
  payments_ = static_cast<std::int64_t>(payments);
  if (payments_ > 0) {
    first_ = in.fixed<instant>();
    last_ = in.fixed<instant>();
    if (first_ > last_) in.fail("its last payment is before its first");
  }
  sum_.deserialize(in);
}

amount ledger::keep(const amount& value) {
  amount kept = value;
  kept.digits = copy_of(value.digits, kept_);
  return kept;
}

void ledger::add(std::string_view id, instant paid_at, const amount& value) {
  payments_by_id& rows = value.negative ? refunds_ : payments_;
  auto known = rows.find(id);
  if (known == rows.end()) {
    rows.emplace(copy_of(id, kept_), payment{paid_at, keep(value)});
    return;
  }
  payment& standing = known->second;
  if (paid_at > standing.paid_at) return;
  if (paid_at == standing.paid_at && compare(value, standing.value) >= 0) return;
  standing = {paid_at, keep(value)};
}

void ledger::combine(const ledger& other) {
  other.each([this](std::string_view id, instant paid_at, const amount& value) { add(id, paid_at, value); });
}

void ledger::serialize(wire::writer& out) const {
  out.fixed(version);
  out.varint(payments_.size() + refunds_.size());
  each([&](std::string_view id, instant paid_at, const amount& value) {
    out.text(id);
    out.fixed(paid_at);
    rfm::serialize(value, out);
  });
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
