#include "sessions/trail_state.hpp"

#include <cstring>

namespace journey::sessions {
namespace {

/// Whether visit `a` comes before `b`: by time, then class, then bytes.
bool before(const page_mark& a, const page_mark& b, const word_list& words) {
  if (a.at != b.at) return a.at < b.at;
  if (a.by != b.by) return a.by < b.by;
  return a.page != b.page && words[a.page] < words[b.page];
}

/// Whether touch `a` comes before `b`, which is of the same class.
bool before(const touch_mark& a, const touch_mark& b, const word_list& words) {
  if (a.at != b.at) return a.at < b.at;
  return a.touch != b.touch && words.view().touch(a) < words.view().touch(b);
}

void add_up(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) too_many_events();
}

}  // namespace

word_list::~word_list() {
  texts_.release(memory());
  touches_.release(memory());
  release_chunks(chunks_, memory());
}

std::string_view word_list::copy(std::string_view text) {
  constexpr std::size_t smallest = 128;
  constexpr std::size_t largest = 4096;  // but for a text that is larger
  if (text.size() > room_) {
    std::size_t size = chunks_ == nullptr ? smallest : std::min(2 * chunks_->size, largest);
    size = std::max(size, sizeof(chunk) + text.size());
    add_chunk(chunks_, size, memory());
    room_ = size - sizeof(chunk);
  }
  if (text.empty()) return {};
  char* to = reinterpret_cast<char*>(chunks_) + chunks_->size - room_;
  std::memcpy(to, text.data(), text.size());
  room_ -= text.size();
  return {to, text.size()};
}

std::uint32_t word_list::text(std::string_view text) {
  return texts_.number(
      text, [this](std::string_view item) { return copy(item); }, memory());
}

std::uint32_t word_list::touch(const channels::touch& touch) {
  touch_numbers numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (touch.texts[i]) numbers[i] = text(*touch.texts[i]);
  return touches_.number(numbers, std::identity{}, memory());
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
  if (piece.landing.page != 0 && (whole.landing.page == 0 || before(piece.landing, whole.landing, *words)))
    whole.landing = piece.landing;
  if (piece.exit.page != 0 && (whole.exit.page == 0 || before(whole.exit, piece.exit, *words)))
    whole.exit = piece.exit;
  auto take = [this](touch_mark& touch, const touch_mark& other) {
    if (other.touch != 0 && (touch.touch == 0 || before(other, touch, *words))) touch = other;
  };
  take(whole.direct, piece.direct);
  take(whole.non_direct, piece.non_direct);
  if (whole.non_direct.touch != 0 && whole.non_direct.at <= whole.direct.at) whole.direct = {};
  if (piece.conversions != 0) {
    if (whole.conversions == 0 || piece.converted_at < whole.converted_at)
      whole.converted_at = piece.converted_at;
    add_up(whole.conversions, piece.conversions);
  }
  add_up(whole.pages, piece.pages);
  join_spans(whole, piece);
}

word_list& trail_state::words() {
  if (words_ == nullptr)
    words_.reset(std::pmr::polymorphic_allocator<>(memory_).new_object<word_list>(memory_));
  return *words_;
}

void trail_state::settle() {
  if (words_ == nullptr || list_.empty()) return;
  page_mark& exit = list_.last().exit;
  if (exit.page == word_list::open) exit.page = words_->text((*words_)[exit.page]);
}

void trail_state::add(const trail_event& event) {
  session_record piece{{event.ts, event.ts, 1}};
  if (event.converted) piece.conversions = 1, piece.converted_at = event.ts;
  if (event.touch != nullptr)
    (event.by == event_class::direct ? piece.direct : piece.non_direct) =
        touch_mark{event.ts, words().touch(*event.touch)};
  bool goes_on = list_.continues(event.ts);
  if (!goes_on) settle();
  if (event.page) {
    piece.pages = 1;
    const session_record& last = list_.last();
    if (goes_on && last.landing.page != 0 && event.ts > last.exit.at) {
      words().set_open_text(*event.page);
      piece.exit = {event.ts, word_list::open, event.by};
    } else if (needs_page(event.ts)) {
      piece.landing = piece.exit = {event.ts, words().text(*event.page), event.by};
    }
  }
  put(piece);
}

void trail_state::put(const session_record& piece) {
  list_.put(piece, joiner{words_.get()}, memory_);
  if (words_ != nullptr && words_->size() >= many_words_) drop_unused_words();
}

void trail_state::adopt(session_record& piece, const dictionary& foreign) {
  for (touch_mark* mark : {&piece.direct, &piece.non_direct})
    if (mark->touch != 0) mark->touch = words().touch(foreign.touch(*mark));
  for (page_mark* mark : {&piece.landing, &piece.exit})
    if (mark->page != 0) mark->page = words().text(foreign.text(mark->page));
}

void trail_state::drop_unused_words() {
  settle();
  auto old = std::exchange(words_, {nullptr, words_.get_deleter()});
  list_.for_each_piece([&](session_record& piece) { adopt(piece, old->view()); });
  many_words_ = 64 + 2 * (words_ == nullptr ? 0 : words_->size());
}

void trail_state::merge(const trail_view& trail) {
  settle();
  trail_view::cursor cursor(trail);
  while (const session_record* session = cursor.next()) {
    session_record piece = *session;
    adopt(piece, trail.words());
    put(piece);
  }
}

void trail_state::keep(const trail_view& trail) {
  constexpr std::size_t most_bytes = 4096;
  std::size_t size = sizeof(chunk) + trail.bytes().size();
  if (kept_bytes_ + size > most_bytes) return merge(trail);
  add_chunk(kept_, size, memory_);
  kept_bytes_ += size;
  std::ranges::copy(trail.bytes(), kept_->bytes());
}

void trail_state::write(std::pmr::memory_resource* scratch, wire::writer& out) {
  auto merge_kept = [&](trail_state& whole) {
    for (chunk* each = kept_; each != nullptr; each = each->before)
      whole.merge(trail_view({each->bytes(), each->size - sizeof(chunk)}, scratch));
  };
  if (list_.empty() && kept_ != nullptr) {
    trail_state whole(scratch, rule());
    merge_kept(whole);
    return whole.write(scratch, out);
  }
  merge_kept(*this);
  release_chunks(kept_, memory_);
  kept_bytes_ = 0;
  settle();
  list_.in_order(joiner{words_.get()}, scratch, [&](const session_sequence<session_record>& sessions) {
    write_trail(rule().as_session_rule(), sessions, dictionary_view(), scratch, out);
  });
}

}  // namespace journey::sessions
