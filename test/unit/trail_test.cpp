// Trails against the plain definition of a session, for random events in random parts; and against hostile
// bytes.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <sstream>
#include <tuple>
#include <unordered_set>

#include "sessions/trail_state.hpp"

using namespace journey;
using namespace journey::sessions;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t day_length = 24 * 60 * minute;

/// Memory that is given back at the latest at its own end, as a memory context of the server's.
class context : public std::pmr::memory_resource {
 public:
  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() override {
    for (void* block : blocks_) ::operator delete(block);
  }
  std::size_t used = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t) override {
    used += bytes;
    return *blocks_.insert(::operator new(bytes)).first;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
    used -= bytes;
    blocks_.erase(block);
    ::operator delete(block);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  std::unordered_set<void*> blocks_;
};

context call_context;
std::pmr::memory_resource* memory = &call_context;

struct event {
  std::int64_t ts;
  std::optional<channels::touch> touch;
  std::optional<std::string> page;
  bool converted;
};

struct utc_calendar final : calendar {
  std::int64_t day(std::int64_t ts) override {
    return ts >= 0 ? ts / day_length : -1 - (-1 - ts) / day_length;
  }
  std::string_view zone() const override { return "UTC"; }
} utc;

/// A rule, and what it means.
struct tested_rule {
  std::int64_t timeout;
  bool inclusive = false;
  bool by_day = false;

  operator trail_rule() const { return trail_rule(timeout, inclusive, by_day ? &utc : nullptr); }
  session_rule stored() const { return trail_rule(*this).as_session_rule(); }
};

std::string written(auto&& state) {
  wire::writer out(memory);
  state.write(memory, out);
  return {out.data(), out.size()};
}

event_class class_of(const event& event) {
  if (!event.touch) return event_class::untouched;
  return channels::is_direct(*event.touch) ? event_class::direct : event_class::non_direct;
}

void add(trail_state& state, const event& event) {
  trail_event told{.ts = event.ts, .by = class_of(event), .converted = event.converted};
  if (event.touch && state.needs_touch(event.ts, told.by)) told.touch = &*event.touch;
  if (event.page) told.page = state.needs_page(event.ts) ? std::string_view(*event.page) : "not looked at";
  state.add(told);
}

trail_state state_of(const tested_rule& rule, const std::vector<event>& events) {
  trail_state state(memory, rule);
  for (const event& event : events) add(state, event);
  return state;
}

std::string show(const std::optional<channels::touch>& touch) {
  if (!touch) return "-";
  std::ostringstream out;
  out << touch->touched_at;
  for (const auto& text : touch->texts) out << '|' << (text ? '"' + std::string(*text) + '"' : "-");
  return out.str();
}

std::string show(const std::optional<page_visit>& visit) {
  if (!visit) return "-";
  return std::to_string(visit->at) + '/' + std::to_string(static_cast<int>(visit->by)) + '"' +
         std::string(visit->page) + '"';
}

std::string show(const session& s) {
  std::ostringstream out;
  out << s.number << ' ' << s.started_at << ' ' << s.ended_at << ' ' << s.events << ' ' << s.pages << ' '
      << s.conversions << ' ' << (s.converted_at ? std::to_string(*s.converted_at) : "-") << ' '
      << show(s.landing) << ' ' << show(s.exit) << ' ' << show(s.direct) << ' ' << show(s.non_direct) << '\n';
  return out.str();
}

std::string show(std::string_view bytes) {
  std::string all;
  for (const session& session : trail_view(bytes, memory)) all += show(session);
  return all;
}

/// The sessions by their definition, over all events at once.
std::string expected(const tested_rule& rule, std::vector<event> events) {
  std::ranges::stable_sort(events, {}, &event::ts);
  std::string all;
  session now;
  std::vector<event> held;
  auto close = [&] {
    if (held.empty()) return;
    // Every event of the session in the order of its touches and pages: the first and last of each count.
    std::vector<event> touched, paged;
    for (const event& event : held) {
      if (event.touch) touched.push_back(event);
      if (event.page) paged.push_back(event);
    }
    auto touch_order = [](const event& e) { return std::tuple(e.ts, class_of(e), e.touch->texts); };
    auto page_order = [](const event& e) { return std::tuple(e.ts, class_of(e), *e.page); };
    auto at = [](channels::touch touch, std::int64_t ts) {
      touch.touched_at = ts;
      return touch;
    };
    std::ranges::sort(touched, {}, touch_order);
    std::ranges::sort(paged, {}, page_order);
    if (!touched.empty() && class_of(touched[0]) == event_class::direct)
      now.direct = at(*touched[0].touch, touched[0].ts);
    for (const event& event : touched)
      if (class_of(event) == event_class::non_direct && !now.non_direct)
        now.non_direct = at(*event.touch, event.ts);
    now.pages = static_cast<std::int64_t>(paged.size());
    if (!paged.empty()) {
      now.landing = page_visit{paged.front().ts, class_of(paged.front()), *paged.front().page};
      now.exit = page_visit{paged.back().ts, class_of(paged.back()), *paged.back().page};
    }
    all += show(now);
  };
  for (const event& event : events) {
    bool opens = now.events == 0;
    if (!opens) {
      auto gap = static_cast<__int128>(event.ts) - now.ended_at;
      opens = rule.inclusive ? gap >= rule.timeout : gap > rule.timeout;
      if (rule.by_day && utc.day(event.ts) != utc.day(now.ended_at)) opens = true;
    }
    if (opens) {
      close();
      now = session{.number = now.number + 1, .started_at = event.ts};
      held.clear();
    }
    now.ended_at = event.ts;
    ++now.events;
    if (event.converted && now.conversions++ == 0) now.converted_at = event.ts;
    held.push_back(event);
  }
  close();
  return all;
}

class random_events {
 public:
  explicit random_events(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t end) { return random_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::vector<event> operator()(std::size_t count) {
    static constexpr std::int64_t starts[] = {0, -300 * day_length, earliest_time,
                                              latest_time - 3 * day_length, 8766 * day_length};
    static constexpr std::int64_t steps[] = {10 * minute, second, 7, 1000, 59 * minute};
    std::size_t kind = below(5);
    std::vector<event> events;
    for (std::size_t i = 0; i < count; ++i) {
      event made{};
      made.ts = std::min(starts[kind] + static_cast<std::int64_t>(below(60 + count)) * steps[below(5)],
                         latest_time);
      if (one_in(40)) made.ts = one_in(2) ? earliest_time : latest_time;
      if (one_in(3)) {
        made.touch.emplace();
        for (auto& text : made.touch->texts)
          if (one_in(4)) text = words[below(std::size(words))];
        if (one_in(2)) made.touch = direct_touch();
      }
      if (!one_in(4)) made.page = words[below(std::size(words))];
      made.converted = one_in(6);
      events.push_back(made);
      if (one_in(10)) events.push_back(events[below(events.size())]);
    }
    return events;
  }

  void shuffle(auto& items) { std::ranges::shuffle(items, random_); }

 private:
  channels::touch direct_touch() {
    channels::touch touch;
    if (one_in(2)) touch[channels::touch_text::source] = "(direct)";
    touch[channels::touch_text::landing_page] = words[below(std::size(words))];
    return touch;
  }

  static constexpr std::string_view words[] = {
      "", "a", "b", "ü", "/landing", "google", "cpc", "(none)", "\xF0\x9F\x98\x80"};
  std::mt19937 random_;
};

std::vector<tested_rule> all_rules() {
  return {{30 * minute}, {30 * minute, true}, {1}, {1, true}, {30 * minute, false, true}, {INT64_MAX}};
}

/// A state from the outside, as a parallel worker sends it.
trail_state received(const trail_rule& rule, const std::string& bytes) {
  check_trail(bytes, memory);
  trail_state state(memory, rule);
  state.merge(trail_view(bytes, memory));
  return state;
}

}  // namespace

TEST(trail, equals_the_definition) {
  random_events random(1);
  for (int round = 0; round < 400; ++round) {
    std::vector<event> events = random(1 + random.below(60));
    for (const tested_rule& rule : all_rules()) {
      std::string bytes = written(state_of(rule, events));
      ASSERT_EQ(show(bytes), expected(rule, events)) << "round " << round;
      check_trail(bytes, memory);
    }
  }
}

TEST(trail, is_the_same_for_any_split_and_order) {
  random_events random(2);
  for (int round = 0; round < 400; ++round) {
    std::vector<event> events = random(1 + random.below(80));
    for (const tested_rule& rule : all_rules()) {
      std::string whole = written(state_of(rule, events));
      random.shuffle(events);
      std::vector<std::vector<event>> parts(1 + random.below(8));
      for (const event& event : events) parts[random.below(parts.size())].push_back(event);
      trail_state merged(memory, rule);
      trail_state kept(memory, rule);
      for (const std::vector<event>& part : parts) {
        if (part.empty()) continue;
        trail_state state = state_of(rule, part);
        std::string bytes = written(state);
        ASSERT_EQ(written(state), bytes) << "write changed the state";
        ASSERT_EQ(written(received(rule, bytes)), bytes);
        merged.merge(trail_view(bytes, memory));
        if (random.one_in(8))
          for (const event& one : part) add(kept, one);
        else
          kept.keep(trail_view(bytes, memory));
        if (random.one_in(8)) written(kept);
      }
      ASSERT_EQ(written(merged), whole) << "round " << round;
      ASSERT_EQ(written(kept), whole) << "round " << round;
      ASSERT_EQ(written(kept), whole) << "write changed the state, round " << round;
    }
  }
}

TEST(trail, without_touches_is_the_same_in_less_space) {
  random_events random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<event> events = random(1 + random.below(60));
    for (event& event : events) event = {event.ts, {}, {}, false};
    for (const tested_rule& rule : all_rules()) {
      plain_trail_state one(rule);
      plain_trail_state other(rule);
      for (const event& event : events) (random.one_in(2) ? one : other).add(event.ts, memory);
      std::string bytes = written(other);
      one.merge(trail_view(bytes, memory), memory);
      ASSERT_EQ(written(one), written(state_of(rule, events)));
    }
  }
}

TEST(trail, merges_what_comes_in_descending_order) {
  plain_trail_state plain{tested_rule{30 * minute}};
  constexpr std::int64_t sessions = 100'000;
  for (std::int64_t i = sessions; i-- > 0;) plain.add(i * 31 * minute, memory);
  EXPECT_EQ(trail_view(written(plain), memory).session_count(), sessions);
  for (std::int64_t i = sessions; i-- > 1;)
    plain.add(i * 31 * minute - 15 * minute, memory);  // one bridge after another
  EXPECT_EQ(trail_view(written(plain), memory).session_count(), 1U);
}

TEST(trail, numbers_a_text_once) {
  context counted;
  {
    word_list words(&counted);
    auto text = [](std::uint32_t number) { return std::string(number % 300, 'x') + std::to_string(number); };
    constexpr std::uint32_t texts = 5'000;
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(words.text(""), 1U);
      for (std::uint32_t number = 2; number <= texts; ++number) ASSERT_EQ(words.text(text(number)), number);
    }
    EXPECT_EQ(words.size(), texts);
    for (std::uint32_t number = 2; number <= texts; ++number) ASSERT_EQ(words[number], text(number));
  }
  EXPECT_EQ(counted.used, 0U);
}

TEST(trail, keeps_no_text_that_an_earlier_event_made_obsolete) {
  context counted;
  trail_state state(&counted, tested_rule{30 * minute});
  for (std::int64_t i = 50'000; i-- > 0;) {
    std::string page = "/page/" + std::to_string(i) + std::string(100, 'x');
    state.add({.ts = i * second, .page = page});
  }
  EXPECT_LT(counted.used, 100'000U);
  EXPECT_EQ(trail_view(written(state), memory).begin()->landing->page.substr(0, 8), "/page/0x");
}

TEST(trail, keeps_no_exit_page_but_the_last) {
  context counted;
  trail_state state(&counted, tested_rule{30 * minute});
  for (std::int64_t i = 0; i < 50'000; ++i) {
    std::string page = "/page/" + std::to_string(i) + std::string(100, 'x');
    state.add({.ts = i * second, .page = page});
  }
  EXPECT_LT(counted.used, 10'000U);
  std::string bytes = written(state);
  EXPECT_EQ(trail_view(bytes, memory).begin()->exit->page.substr(0, 12), "/page/49999x");
}

TEST(trail, knows_when_a_touch_or_a_page_can_matter) {
  trail_state state(memory, tested_rule{30 * minute});
  constexpr auto direct = event_class::direct, other = event_class::non_direct;
  EXPECT_TRUE(state.needs_touch(0, direct) && state.needs_touch(0, other) && state.needs_page(0));
  channels::touch touch;
  state.add({.ts = 10 * minute, .by = direct, .touch = &touch, .page = "/"});
  EXPECT_TRUE(state.needs_touch(10 * minute, direct) && state.needs_page(10 * minute));
  EXPECT_TRUE(state.needs_touch(11 * minute, other) && state.needs_page(11 * minute));
  EXPECT_FALSE(state.needs_touch(11 * minute, direct));
  touch[channels::touch_text::source] = "google";
  state.add({.ts = 12 * minute, .by = other, .touch = &touch, .page = "/b"});
  EXPECT_TRUE(state.needs_touch(11 * minute, other) && state.needs_touch(12 * minute, other));
  EXPECT_FALSE(state.needs_touches(13 * minute) || state.needs_page(11 * minute));
  EXPECT_TRUE(state.needs_touch(0, direct) && state.needs_page(0));
  EXPECT_TRUE(state.needs_touch(43 * minute, direct) && state.needs_page(43 * minute));
}

TEST(trail, keeps_two_touches_of_a_session) {
  channels::touch direct, ad;
  ad[channels::touch_text::source] = "google";
  trail_state state = state_of({30 * minute}, {{10 * minute, ad, {}, false}, {0, direct, {}, false}});
  std::string bytes = written(state);
  trail_view trail(bytes, memory);
  session only = *trail.begin();
  EXPECT_EQ(only.touch(), &*only.non_direct);
  EXPECT_EQ(only.touch(10 * minute), &*only.non_direct);
  EXPECT_EQ(only.touch(10 * minute - 1), &*only.direct);
  EXPECT_EQ(only.touch(-1), nullptr);
  // At the same instant the one that is not direct comes first, and so is alone.
  bytes = written(state_of({30 * minute}, {{0, direct, {}, false}, {0, ad, {}, false}}));
  EXPECT_FALSE(trail_view(bytes, memory).begin()->direct);
}

namespace {
std::string refusal(const std::string& bytes) {
  try {
    check_trail(bytes, memory);
  } catch (const error& caught) {
    EXPECT_STREQ(caught.state(), sqlstate::invalid_binary_representation);
    return caught.what();
  }
  return "";
}

/// Reading unchecked bytes may fail, but with an error.
void read(const std::string& bytes) {
  try {
    show(bytes);
  } catch (const error&) {
  }
}

void expect_harmless(const std::string& bytes) {
  read(bytes);
  if (!refusal(bytes).empty()) return;
  trail_view trail(bytes, memory);
  if (!trail.rule().day_boundary.empty()) return;
  trail_rule rule(trail.rule().timeout, trail.rule().inclusive);
  ASSERT_EQ(written(received(rule, bytes)), bytes) << "accepted bytes are canonical";
}
}  // namespace

TEST(trail, refuses_damaged_bytes) {
  random_events random(4);
  for (int round = 0; round < 6; ++round) {
    tested_rule rule = all_rules()[random.below(6)];
    std::string bytes = written(state_of(rule, random(1 + random.below(12))));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string shorter = bytes.substr(0, i);
      read(shorter);
      ASSERT_NE(refusal(shorter), "");
      for (int bit = 1; bit < 256; ++bit) {
        std::string flipped = bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ bit);
        expect_harmless(flipped);
      }
    }
    ASSERT_NE(refusal(bytes + '\0'), "");
  }
}

TEST(trail, refuses_random_bytes) {
  random_events random(5);
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes(random.below(24), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    if (bytes.size() > 4)
      bytes[0] = static_cast<char>(1 | random.below(4) << 4), bytes[1] = static_cast<char>(random.below(64));
    expect_harmless(bytes);
  }
}

namespace {
/// The stored form of given records, be they possible or not.
std::string stored(const std::vector<session_record>& sessions, const session_rule& rule,
                   const dictionary& words = {}) {
  wire::writer out(memory);
  write_trail<session_record>(rule, {sessions}, words, memory, out);
  return {out.data(), out.size()};
}
session_record record(std::int64_t from, std::int64_t to, std::int64_t events) {
  return {{from, to, events}};
}
}  // namespace

TEST(trail, says_what_no_events_can_have_made) {
  session_rule rule = tested_rule{30 * minute}.stored();
  EXPECT_EQ(refusal(stored({record(0, 0, 1), record(31 * minute, 31 * minute, 1)}, rule)), "");
  EXPECT_EQ(refusal(stored({record(0, 0, 1), record(30 * minute, 30 * minute, 1)}, rule)),
            "invalid trail: two sessions are closer than its timeout");
  EXPECT_EQ(refusal(stored({record(0, 0, 1), record(0, 0, 1)}, tested_rule{1, false, true}.stored())),
            "invalid trail: the sessions are not in order of time");
  EXPECT_EQ(refusal(stored({record(0, 60 * minute, 3)}, rule)), "");
  EXPECT_EQ(refusal(stored({record(0, 61 * minute, 3)}, rule)),
            "invalid trail: a session has too few events for its length");
  EXPECT_EQ(refusal(stored({record(0, minute, 1)}, rule)),
            "invalid trail: a session has too few events for its times");
  EXPECT_THROW(stored({record(0, 0, INT64_MAX), record(31 * minute, 31 * minute, 1)}, rule), error);
  session_record converted = record(0, minute, 2);
  converted.conversions = 2;
  converted.converted_at = minute;
  EXPECT_EQ(refusal(stored({converted}, rule)), "invalid trail: a session has more conversions than events");
  converted.conversions = 1;
  EXPECT_EQ(refusal(stored({converted}, rule)), "");
  converted.converted_at = 2 * minute;
  EXPECT_EQ(refusal(stored({converted}, rule)), "invalid trail: a conversion lies outside its session");

  const std::string_view texts[] = {"a", "b", "a"};
  const touch_numbers touches[] = {{1}, {2}, {}};
  session_record touched = record(0, minute, 2);
  auto told = [&] { return refusal(stored({touched}, rule, {texts, touches})); };
  touched.non_direct = {2 * minute, 1};
  EXPECT_EQ(told(), "invalid trail: a touch lies outside its session");
  touched.non_direct = {minute, 1};
  EXPECT_EQ(told(), "");
  touched.non_direct = {minute, 3};
  EXPECT_EQ(told(), "invalid trail: a touch is direct where it must not be, or not where it must");
  touched.direct = {0, 3};
  touched.non_direct = {minute, 1};
  EXPECT_EQ(told(), "");
  touched.direct = {minute, 3};
  EXPECT_EQ(told(), "invalid trail: a direct touch is no earlier than the one that counts");
  touched.direct = {};

  touched.pages = 1;
  touched.landing = touched.exit = {0, 2, event_class::non_direct};
  EXPECT_EQ(told(), "invalid trail: a page has a touch that its session has not");
  touched.landing = touched.exit = {minute, 2, event_class::direct};
  EXPECT_EQ(told(), "invalid trail: a session has more pages than events");
  touched.events = 3;
  EXPECT_EQ(told(), "");
  touched.pages = 2;
  EXPECT_EQ(told(), "invalid trail: a session has more pages than events");
  touched.landing = {0, 2, event_class::untouched};
  EXPECT_EQ(told(), "");
  touched.events = 2;
  EXPECT_EQ(told(), "invalid trail: a session has too few events for its times");
  touched.landing = {0, 2, event_class::untouched};
  touched.exit = {0, 1, event_class::untouched};
  EXPECT_EQ(told(), "invalid trail: a landing page comes after its exit page");
  touched.pages = 1;
  touched.landing = touched.exit = {minute, 3, event_class::untouched};
  EXPECT_EQ(told(), "invalid trail: a text or a touch is there twice");
}

TEST(trail, refuses_a_version_of_the_future) {
  std::string bytes = stored({record(0, 0, 1)}, tested_rule{minute}.stored());
  bytes[0] = static_cast<char>((bytes[0] & 0xF0) | 2);
  EXPECT_EQ(refusal(bytes), "invalid trail: its version is not known to this version of journey");
}

TEST(trail, is_small) {
  session_rule rule = tested_rule{30 * minute}.stored();
  auto size = [&](std::int64_t sessions) {
    std::vector<session_record> records;
    for (std::int64_t i = 0; i < sessions; ++i)
      records.push_back(record(i * day_length, i * day_length + 900 * second, 5));
    return stored(records, rule).size();
  };
  EXPECT_EQ(size(0), 4U);
  EXPECT_LE(size(1), 12U);
  EXPECT_LE(size(1000), 7U * 1000);
}
