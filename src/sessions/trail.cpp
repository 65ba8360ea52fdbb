#include "sessions/trail.hpp"

#include <algorithm>
#include <tuple>

#include "base/sort.hpp"

namespace journey::sessions {
namespace {

constexpr unsigned version = 1;
constexpr unsigned inclusive_bit = 0x40;
constexpr unsigned day_boundary_bit = 0x80;

/// What the sessions of a trail have, as bits 2 to 5 of its second byte.
enum : unsigned { has_counts = 1, has_touch = 2, has_page = 4, has_conversions = 8 };

/// The touches that a session has, as its first number tells them.
enum : unsigned { non_direct_only, direct_only, direct_and_non_direct };

/// The units of times, by their number.
enum : unsigned { microseconds, milliseconds, seconds, minutes };

constexpr std::int64_t unit_length(unsigned unit) {
  constexpr std::array<std::int64_t, 4> lengths{1, 1'000, 1'000'000, 60'000'000};
  return lengths[unit];
}

/// `time` in whole units. Divisions by a constant are many times as fast as by a variable.
template <class Time>
Time in_units(Time time, unsigned unit) {
  switch (unit) {
    case minutes:
      return time / Time{unit_length(minutes)};
    case seconds:
      return time / Time{unit_length(seconds)};
    case milliseconds:
      return time / Time{unit_length(milliseconds)};
    default:
      return time;
  }
}

/// The largest unit, at most `best`, that measures `time` as a whole number.
unsigned unit_of(std::int64_t time, unsigned best = minutes) {
  while (in_units(time, best) * unit_length(best) != time) --best;
  return best;
}

/// Numbers texts and touches anew, in the order in which the sessions first use them.
class renumbering {
 public:
  renumbering(const dictionary& words, std::pmr::memory_resource* memory)
      : words_(words),
        text_numbers_(words.texts.size(), memory),
        touch_numbers_(words.touches.size(), memory),
        texts_(memory),
        touches_(memory) {
    texts_.reserve(words.texts.size());
    touches_.reserve(words.touches.size());
  }

  void use(const session_record& session) {
    for (const touch_mark* mark : {&session.direct, &session.non_direct})
      if (mark->touch != 0 && first_use(touch_numbers_, touches_, mark->touch))
        for (std::uint32_t text : words_.touches[mark->touch - 1])
          if (text != 0) first_use(text_numbers_, texts_, text);
    for (const page_mark* mark : {&session.landing, &session.exit})
      if (mark->page != 0) first_use(text_numbers_, texts_, mark->page);
  }
  std::uint32_t text(std::uint32_t number) const { return text_numbers_[number - 1]; }
  std::uint32_t touch(std::uint32_t number) const { return touch_numbers_[number - 1]; }

  void write(bool touches, wire::writer& out) const {
    out.varint(texts_.size());
    for (std::uint32_t number : texts_) out.text(words_.texts[number - 1]);
    if (!touches) return;
    out.varint(touches_.size());
    for (std::uint32_t number : touches_) {
      const touch_numbers& texts = words_.touches[number - 1];
      unsigned present = 0;
      for (std::size_t i = 0; i < texts.size(); ++i) present |= (texts[i] != 0 ? 1U : 0U) << i;
      out.varint(present);
      for (std::uint32_t text_number : texts)
        if (text_number != 0) out.varint(text(text_number));
    }
  }

 private:
  using numbers = std::pmr::vector<std::uint32_t>;

  static bool first_use(numbers& renumbered, numbers& in_order, std::uint32_t number) {
    if (renumbered[number - 1] != 0) return false;
    in_order.push_back(number);
    renumbered[number - 1] = static_cast<std::uint32_t>(in_order.size());
    return true;
  }

  const dictionary& words_;
  numbers text_numbers_;   // new numbers by old
  numbers touch_numbers_;  // new numbers by old
  numbers texts_;          // old numbers in the new order
  numbers touches_;        // old numbers in the new order
};

/// The fewest events that can have made a session, and how many of these have no page.
struct least_events {
  std::int64_t all = 0;
  std::int64_t without_page = 0;

  explicit least_events(const session_record& session) {
    for (const page_mark* mark : {&session.landing, &session.exit})
      if (mark->page != 0) need(*mark, [mark](const page_mark& event) { return event == *mark; });
    // An event with a page may be that with the touch, too, if it is of its class; and any that of a time.
    auto touched = [&](const touch_mark& mark, event_class by) {
      if (mark.touch != 0)
        need({mark.at, 0, by}, [&](const page_mark& event) { return event.at == mark.at && event.by == by; });
    };
    touched(session.direct, event_class::direct);
    touched(session.non_direct, event_class::non_direct);
    auto lasted = [&](std::int64_t at) {
      need({at}, [at](const page_mark& event) { return event.at == at; });
    };
    lasted(session.started_at);
    lasted(session.ended_at);
    if (session.conversions != 0) lasted(session.converted_at);
    auto order = [](const page_mark& mark) { return std::pair(mark.at, mark.by); };
    for (std::int64_t i = 0; i < all; ++i)
      if (order(events_[i]) < order(session.landing) || order(events_[i]) > order(session.exit))
        ++without_page;
  }

 private:
  template <class Same>
  void need(const page_mark& event, Same same) {
    auto end = events_.begin() + all;
    if (std::none_of(events_.begin(), end, same)) events_[all++] = event;
  }

  std::array<page_mark, 7> events_;
};

/// Whether an event of this class can lie at `at`.
bool possible(const session_record& session, event_class by, std::int64_t at) {
  auto no_later = [at](const touch_mark& mark) { return mark.touch != 0 && mark.at <= at; };
  if (by == event_class::untouched) return true;
  return no_later(session.non_direct) || (by == event_class::direct && no_later(session.direct));
}

/// Why events can't have these touches and pages; null where they can.
const char* mark_flaw(const session_record& session, const least_events& least, const dictionary& words) {
  auto holds = [&](std::int64_t at) { return at >= session.started_at && at <= session.ended_at; };
  for (const touch_mark* mark : {&session.direct, &session.non_direct}) {
    if (mark->touch == 0) continue;
    if (!holds(mark->at)) return "a touch lies outside its session";
    if (channels::is_direct(words.touch(*mark)) != (mark == &session.direct))
      return "a touch is direct where it must not be, or not where it must";
  }
  if (session.direct.touch != 0 && session.non_direct.touch != 0 &&
      session.direct.at >= session.non_direct.at)
    return "a direct touch is no earlier than the one that counts";
  if (session.pages == 0 && session.landing.page == 0 && session.exit.page == 0) return nullptr;
  const page_mark &landing = session.landing, &exit = session.exit;
  if (session.pages < 1 || landing.page == 0 || exit.page == 0)
    return "pages, landing page and exit page go together";
  if (!holds(landing.at) || !holds(exit.at)) return "a page lies outside its session";
  if (!possible(session, landing.by, landing.at) || !possible(session, exit.by, exit.at))
    return "a page has a touch that its session has not";
  auto order = [&](const page_mark& mark) { return std::tuple(mark.at, mark.by, words.text(mark.page)); };
  if (order(exit) < order(landing)) return "a landing page comes after its exit page";
  if (session.pages == 1 && landing != exit) return "a session has more pages than events with a page";
  if (session.pages > session.events - least.without_page) return "a session has more pages than events";
  return nullptr;
}

/// Why events can't have made this session after that other, if there is one; null where they can.
const char* flaw(const session_rule& rule, const session_record* before, const session_record& session,
                 const dictionary& words) {
  if (session.started_at < earliest_time || session.ended_at > latest_time) return "a time is out of range";
  if (session.ended_at < session.started_at) return "a session ends before it starts";
  if (before != nullptr) {
    if (session.started_at <= before->ended_at) return "the sessions are not in order of time";
    // With a day boundary any gap will do: what shares a date changes with the server's time zone data.
    if (rule.day_boundary.empty() && !rule.times_out(before->ended_at, session.started_at))
      return "two sessions are closer than its timeout";
  }
  if (session.events < 1) return "a session has too few events for its times";
  least_events least(session);
  if (const char* why = mark_flaw(session, least, words)) return why;
  if (session.conversions != 0) {
    if (session.converted_at < session.started_at || session.converted_at > session.ended_at)
      return "a conversion lies outside its session";
    // What comes before the first conversion is no conversion.
    if (session.conversions < 0 ||
        session.conversions > session.events - (session.converted_at > session.started_at ? 1 : 0))
      return "a session has more conversions than events";
  }
  if (session.events < least.all) return "a session has too few events for its times";
  unsigned __int128 longest = rule.timeout - (rule.inclusive ? 1 : 0);
  if (elapsed(session.started_at, session.ended_at) >
      longest * static_cast<std::uint64_t>(session.events - 1))
    return "a session has too few events for its length";
  return nullptr;
}

template <class Item>
bool distinct(std::span<const Item> items, std::pmr::memory_resource* memory) {
  std::pmr::vector<Item> sorted(items.begin(), items.end(), memory);
  sort(sorted);
  return std::ranges::adjacent_find(sorted) == sorted.end();
}

}  // namespace

std::string_view dictionary::text(std::uint32_t number) const {
  if (number == 0 || number > texts.size()) wire::reader({}, "trail").fail("a text is not there");
  return texts[number - 1];
}

channels::touch dictionary::touch(const touch_mark& mark) const {
  if (mark.touch == 0 || mark.touch > touches.size()) wire::reader({}, "trail").fail("a touch is not there");
  channels::touch result;
  result.touched_at = mark.at;
  const touch_numbers& numbers = touches[mark.touch - 1];
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != 0) result.texts[i] = text(numbers[i]);
  return result;
}

trail_view::trail_view(std::string_view bytes, std::pmr::memory_resource* memory)
    : bytes_(bytes), rest_(bytes, "trail"), words_bytes_({}, "trail"), texts_(memory), touches_(memory) {
  auto kind = rest_.fixed<std::uint8_t>();
  if ((kind & 0xF) != version) rest_.fail("its version is not known to this version of journey");
  auto shape = rest_.fixed<std::uint8_t>();
  if (shape >> 6 != 0) rest_.fail("an unknown flag is set");
  unit_ = shape & 3;
  has_ = shape >> 2;
  std::int64_t timeout_unit = unit_length(kind >> 4 & 3);
  std::uint64_t timeout = rest_.varint();
  if (timeout == 0 || timeout > static_cast<std::uint64_t>(INT64_MAX / timeout_unit))
    rest_.fail("its timeout is out of range");
  rule_.timeout = static_cast<std::int64_t>(timeout) * timeout_unit;
  rule_.inclusive = (kind & inclusive_bit) != 0;
  if ((kind & day_boundary_bit) != 0) {
    rule_.day_boundary = rest_.text();
    if (rule_.day_boundary.empty()) rest_.fail("its day boundary has no time zone");
  }
  std::uint64_t sessions = rest_.varint();
  if ((has_ & (has_touch | has_page)) != 0) words_bytes_ = wire::reader(rest_.text(), "trail");
  if (sessions > rest_.left() / 2) rest_.fail("a count is larger than the value");
  session_count_ = sessions;
}

bool trail_view::has_touches() const { return (has_ & has_touch) != 0; }

const dictionary& trail_view::words() const {
  if (words_read_ || (has_ & (has_touch | has_page)) == 0) return words_;
  wire::reader in = words_bytes_;
  texts_.resize(in.count(1));
  for (std::string_view& text : texts_) {
    check_interrupts();
    text = in.text();
  }
  if (has_touches()) {
    touches_.resize(in.count(1));
    for (touch_numbers& numbers : touches_) {
      check_interrupts();
      std::uint64_t present = in.varint();
      if (present >> channels::touch_texts != 0) in.fail("a touch has unknown texts");
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if ((present >> i & 1) == 0) continue;
        std::uint64_t number = in.varint();
        if (number == 0 || number > texts_.size()) in.fail("a text is not there");
        numbers[i] = static_cast<std::uint32_t>(number);
      }
    }
  }
  in.end();
  words_ = {texts_, touches_};
  words_read_ = true;
  return words_;
}

session trail_view::resolve(const session_record& record, std::int64_t number) const {
  session result{number, record.started_at, record.ended_at, record.events, record.pages, record.conversions};
  if (record.conversions != 0) result.converted_at = record.converted_at;
  auto visit = [this](const page_mark& mark) {
    return page_visit{mark.at, mark.by, words().text(mark.page)};
  };
  if (record.landing.page != 0) result.landing = visit(record.landing);
  if (record.exit.page != 0) result.exit = visit(record.exit);
  if (record.direct.touch != 0) result.direct = words().touch(record.direct);
  if (record.non_direct.touch != 0) result.non_direct = words().touch(record.non_direct);
  return result;
}

const session_record* trail_view::cursor::next() {
  if (left_ == 0) return nullptr;
  check_interrupts();
  --left_;
  const unsigned has = trail_->has_;
  session_record& now = record_;
  if (first_) {
    first_ = false;
    if (__builtin_mul_overflow(rest_.signed_varint(), unit_length(trail_->unit_), &now.started_at) ||
        now.started_at < earliest_time || now.started_at > latest_time)
      rest_.fail("a time is out of range");
  } else {
    now.started_at = after(now.ended_at);
  }
  now.ended_at = after(now.started_at);
  now.events = 1;
  if ((has & has_counts) != 0) now.events = count(1);
  if ((has & has_touch) != 0) read_touches();
  if ((has & has_page) != 0) read_pages();
  if ((has & has_conversions) != 0) {
    now.conversions = count(0);
    if (now.conversions != 0) now.converted_at = after(now.started_at);
  }
  if (left_ == 0) rest_.end();
  return &now;
}

std::uint32_t trail_view::cursor::number(std::uint64_t from_zero, const char* missing) const {
  if (from_zero >= UINT32_MAX) rest_.fail(missing);
  return static_cast<std::uint32_t>(from_zero) + 1;
}

void trail_view::cursor::read_touches() {
  session_record& now = record_;
  now.direct = now.non_direct = {};
  std::uint64_t code = rest_.varint();
  if (code-- == 0) return;
  touch_mark first{now.started_at, number(code / 6, "a touch is not there")};
  if (code % 2 != 0) first.at = after(first.at);
  std::uint64_t kind = code / 2 % 3;
  (kind == non_direct_only ? now.non_direct : now.direct) = first;
  if (kind != direct_and_non_direct) return;
  now.non_direct.touch = number(rest_.varint() - 1, "a touch is not there");
  now.non_direct.at = after(first.at);
}

void trail_view::cursor::read_pages() {
  session_record& now = record_;
  now.landing = now.exit = {};
  now.pages = count(0);
  if (now.pages == 0) return;
  auto read = [this](page_mark& mark) {
    std::uint64_t code = rest_.varint();
    mark.page = number(code / 6, "a text is not there");
    mark.by = static_cast<event_class>(code / 2 % 3);
    return code % 2 != 0;
  };
  now.landing.at = read(now.landing) ? after(now.started_at) : now.started_at;
  now.exit = now.landing;
  if (now.pages == 1) return;
  now.exit.at = now.ended_at;
  if (!read(now.exit)) return;
  std::int64_t since = after(now.started_at);  // as long after the start as the visit is before the end
  if (since > now.ended_at) rest_.fail("a page lies outside its session");
  now.exit.at = now.started_at + (now.ended_at - since);
}

std::int64_t trail_view::cursor::after(std::int64_t time) {
  std::uint64_t steps = rest_.varint();
  if (steps > in_units(elapsed(time, latest_time), trail_->unit_)) rest_.fail("a time is out of range");
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time) +
                                   steps * static_cast<std::uint64_t>(unit_length(trail_->unit_)));
}

std::int64_t trail_view::cursor::count(std::int64_t least) {
  std::uint64_t number = rest_.varint();
  if (number > static_cast<std::uint64_t>(INT64_MAX - least)) rest_.fail("a count is out of range");
  return static_cast<std::int64_t>(number) + least;
}

void too_many_events() {
  throw error(sqlstate::numeric_value_out_of_range,
              "a trail can't hold more than 9223372036854775807 events");
}

template <class Session>
void write_trail(const session_rule& rule, const session_sequence<Session>& sessions, const dictionary& words,
                 std::pmr::memory_resource* memory, wire::writer& out) {
  constexpr bool only_times = std::is_same_v<Session, session_span>;
  renumbering renumbered(words, memory);
  unsigned best = minutes;
  unsigned has = 0;
  std::int64_t events = 0;
  sessions.for_each([&](const Session& session) {
    if (__builtin_add_overflow(events, session.events, &events)) too_many_events();
    best = unit_of(session.started_at, best);
    best = unit_of(session.ended_at, best);
    if (session.events != 1) has |= has_counts;
    if constexpr (!only_times) {
      for (const touch_mark* mark : {&session.direct, &session.non_direct})
        if (mark->touch != 0) has |= has_touch, best = unit_of(mark->at, best);
      for (const page_mark* mark : {&session.landing, &session.exit})
        if (mark->page != 0) has |= has_page, best = unit_of(mark->at, best);
      if (session.conversions != 0) has |= has_conversions, best = unit_of(session.converted_at, best);
      renumbered.use(session);
    }
  });
  auto write_later = [&](std::int64_t earlier, std::int64_t later) {
    out.varint(in_units(elapsed(earlier, later), best));
  };

  auto write_touches = [&](const session_record& session) {
    bool both = session.direct.touch != 0 && session.non_direct.touch != 0;
    const touch_mark& first = session.direct.touch != 0 ? session.direct : session.non_direct;
    if (first.touch == 0) return out.varint(0);
    unsigned kind = both ? direct_and_non_direct : &first == &session.direct ? direct_only : non_direct_only;
    bool later = first.at != session.started_at;
    out.varint(1 + 6 * std::uint64_t{renumbered.touch(first.touch) - 1} + 2 * kind + (later ? 1 : 0));
    if (later) write_later(session.started_at, first.at);
    if (!both) return;
    out.varint(renumbered.touch(session.non_direct.touch));
    write_later(first.at, session.non_direct.at);
  };
  auto write_page = [&](const page_mark& mark, std::int64_t from, std::int64_t to) {
    out.varint(6 * std::uint64_t{renumbered.text(mark.page) - 1} + 2 * static_cast<unsigned>(mark.by) +
               (from != to ? 1 : 0));
    if (from != to) write_later(from, to);
  };
  auto write_pages = [&](const session_record& session) {
    out.varint(static_cast<std::uint64_t>(session.pages));
    if (session.pages > 0) write_page(session.landing, session.started_at, session.landing.at);
    if (session.pages > 1) write_page(session.exit, session.exit.at, session.ended_at);
  };

  constexpr std::size_t header_size = 16;  // about so many bytes, and so many a session
  constexpr std::size_t session_size = 12;
  out.reserve(out.size() + header_size + session_size * sessions.size());
  unsigned timeout_unit = unit_of(rule.timeout);
  out.fixed(static_cast<std::uint8_t>(version | timeout_unit << 4 | (rule.inclusive ? inclusive_bit : 0) |
                                      (rule.day_boundary.empty() ? 0 : day_boundary_bit)));
  out.fixed(static_cast<std::uint8_t>(best | has << 2));
  out.varint(static_cast<std::uint64_t>(in_units(rule.timeout, timeout_unit)));
  if (!rule.day_boundary.empty()) out.text(rule.day_boundary);
  out.varint(sessions.size());
  if ((has & (has_touch | has_page)) != 0) {
    wire::writer bytes(memory);
    renumbered.write((has & has_touch) != 0, bytes);
    out.text({bytes.data(), bytes.size()});
  }
  const Session* before = nullptr;
  sessions.for_each([&](const Session& session) {
    if (before == nullptr)
      out.signed_varint(in_units(session.started_at, best));
    else
      write_later(before->ended_at, session.started_at);
    before = &session;
    write_later(session.started_at, session.ended_at);
    if ((has & has_counts) != 0) out.varint(static_cast<std::uint64_t>(session.events - 1));
    if constexpr (!only_times) {
      if ((has & has_touch) != 0) write_touches(session);
      if ((has & has_page) != 0) write_pages(session);
      if ((has & has_conversions) != 0) {
        out.varint(static_cast<std::uint64_t>(session.conversions));
        if (session.conversions != 0) write_later(session.started_at, session.converted_at);
      }
    }
  });
}

template void write_trail(const session_rule&, const session_sequence<session_span>&, const dictionary&,
                          std::pmr::memory_resource*, wire::writer&);
template void write_trail(const session_rule&, const session_sequence<session_record>&, const dictionary&,
                          std::pmr::memory_resource*, wire::writer&);

void check_sessions(const session_rule& rule, std::span<const session_record> sessions,
                    const dictionary& words, const char* sqlstate) {
  const session_record* before = nullptr;
  std::int64_t events = 0;
  for (const session_record& session : sessions) {
    check_interrupts();
    const char* why = flaw(rule, before, session, words);
    if (why == nullptr && __builtin_add_overflow(events, session.events, &events))
      why = "it has too many events";
    if (why != nullptr) throw error(sqlstate, std::string("invalid trail: ") + why);
    before = &session;
  }
}

void check_trail(std::string_view bytes, std::pmr::memory_resource* memory) {
  wire::reader in(bytes, "trail");
  trail_view trail(bytes, memory);
  const dictionary& words = trail.words();
  if (!distinct(words.texts, memory) || !distinct(words.touches, memory))
    in.fail("a text or a touch is there twice");
  std::pmr::vector<session_record> sessions(memory);
  sessions.reserve(trail.session_count());
  trail_view::cursor cursor(trail);
  while (const session_record* next = cursor.next()) {
    for (const touch_mark* mark : {&next->direct, &next->non_direct})
      if (mark->touch > words.touches.size()) in.fail("a touch is not there");
    for (const page_mark* mark : {&next->landing, &next->exit})
      if (mark->page > words.texts.size()) in.fail("a text is not there");
    sessions.push_back(*next);
  }
  check_sessions(trail.rule(), sessions, words, sqlstate::invalid_binary_representation);
  wire::writer again(memory);
  write_trail<session_record>(trail.rule(), {sessions}, words, memory, again);
  if (bytes != std::string_view(again.data(), again.size())) in.fail("it is not in its one canonical form");
}

}  // namespace journey::sessions
