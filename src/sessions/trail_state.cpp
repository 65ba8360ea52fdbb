#include "sessions/trail_state.hpp"

#include <cstring>

namespace journey::sessions {
namespace {

constexpr std::size_t few_items = 8;

/// Whether page `a` comes before `b`: of two pages at the same instant the smaller one counts, and one beats
/// none.
bool page_before(std::uint32_t a, std::uint32_t b, const word_list* words) {
  if (a == 0 || b == 0 || a == b) return a != 0 && b == 0;
  dictionary all = words->view();
  return all.texts[a - 1] < all.texts[b - 1];
}

/// Whether the touch of `a` comes before that of `b`.
bool touch_before(const session_record& a, const session_record& b, const word_list* words) {
  if (a.touch == 0 || b.touch == 0) return a.touch != 0 && b.touch == 0;
  if (a.touched_at != b.touched_at) return a.touched_at < b.touched_at;
  if (a.touch == b.touch) return false;
  dictionary all = words->view();
  return all.touch(a.touch, a.touched_at) < all.touch(b.touch, b.touched_at);
}

}  // namespace

template <class Item>
std::uint32_t word_list::numbered_set<Item>::find(const Item& item) const {
  if (index.empty()) {
    auto found = std::ranges::find(items, item);
    return found == items.end() ? 0 : static_cast<std::uint32_t>(found - items.begin()) + 1;
  }
  auto found = index.find(item);
  return found == index.end() ? 0 : found->second;
}

template <class Item>
std::uint32_t word_list::numbered_set<Item>::add(const Item& item) {
  items.push_back(item);
  auto number = static_cast<std::uint32_t>(items.size());
  if (number > few_items) {
    for (auto n = static_cast<std::uint32_t>(index.size()); n < number; ++n) index.emplace(items[n], n + 1);
  }
  return number;
}

word_list::~word_list() {
  std::pmr::memory_resource* memory = texts_.items.get_allocator().resource();
  for (std::string_view text : texts_.items)
    if (!text.empty()) memory->deallocate(const_cast<char*>(text.data()), text.size(), 1);
}

std::uint32_t word_list::text(std::string_view text) {
  if (std::uint32_t number = texts_.find(text)) return number;
  if (!text.empty()) {
    auto* copy = static_cast<char*>(texts_.items.get_allocator().resource()->allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    text = {copy, text.size()};
  }
  return texts_.add(text);
}

std::uint32_t word_list::touch(const channels::touch& touch) {
  touch_numbers numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (touch.texts[i]) numbers[i] = text(*touch.texts[i]);
  if (std::uint32_t number = touches_.find(numbers)) return number;
  return touches_.add(numbers);
}

void plain_trail_state::merge(const trail_view& trail, std::pmr::memory_resource* memory) {
  trail_view::cursor cursor(trail);
  while (const session_record* session = cursor.next()) list_.put(*session, join_spans, memory);
}

void plain_trail_state::write(std::pmr::memory_resource* scratch, wire::writer& out) const {
  list_.in_order(join_spans, scratch, [&](const session_sequence<session_span>& sessions) {
    write_trail(rule().as_session_rule(), sessions, {}, scratch, out);
  });
}

void trail_state::joiner::operator()(session_record& whole, const session_record& piece) const {
  if (piece.started_at < whole.started_at ||
      (piece.started_at == whole.started_at && page_before(piece.landing_page, whole.landing_page, words)))
    whole.landing_page = piece.landing_page;
  if (touch_before(piece, whole, words)) {
    whole.touch = piece.touch;
    whole.touched_at = piece.touched_at;
  }
  if (piece.conversions != 0) {
    if (whole.conversions == 0 || piece.converted_at < whole.converted_at)
      whole.converted_at = piece.converted_at;
    whole.conversions += piece.conversions;  // no more than there are events
  }
  join_spans(whole, piece);
}

word_list& trail_state::words() {
  std::pmr::memory_resource* memory = words_.get_deleter().memory;
  if (words_ == nullptr)
    words_.reset(std::pmr::polymorphic_allocator<>(memory).new_object<word_list>(memory));
  return *words_;
}

void trail_state::add(std::int64_t ts, const channels::touch* touch, std::optional<std::string_view> page,
                      bool converted) {
  session_record piece{{ts, ts, 1}};
  if (converted) piece.conversions = 1, piece.converted_at = ts;
  if (touch != nullptr) piece.touch = words().touch(*touch), piece.touched_at = ts;
  if (page) piece.landing_page = words().text(*page);
  put(piece);
}

void trail_state::put(const session_record& piece) {
  list_.put(piece, joiner{words_.get()}, words_.get_deleter().memory);
  if (words_ != nullptr && words_->size() >= many_words_) drop_unused_words();
}

void trail_state::put(session_record piece, const dictionary& foreign) {
  adopt(piece, foreign);
  put(piece);
}

void trail_state::adopt(session_record& piece, const dictionary& foreign) {
  if (piece.touch != 0) piece.touch = words().touch(foreign.touch(piece.touch, 0));
  if (piece.landing_page != 0) piece.landing_page = words().text(foreign.text(piece.landing_page));
}

void trail_state::drop_unused_words() {
  auto old = std::exchange(words_, {nullptr, words_.get_deleter()});
  list_.for_each_piece([&](session_record& piece) { adopt(piece, old->view()); });
  many_words_ = 64 + 2 * (words_ == nullptr ? 0 : words_->size());
}

void trail_state::merge(const trail_view& trail) {
  trail_view::cursor cursor(trail);
  while (const session_record* session = cursor.next()) put(*session, trail.words());
}

void trail_state::write(std::pmr::memory_resource* scratch, wire::writer& out) const {
  list_.in_order(joiner{words_.get()}, scratch, [&](const session_sequence<session_record>& sessions) {
    write_trail(rule().as_session_rule(), sessions, dictionary_view(), scratch, out);
  });
}

}  // namespace journey::sessions
