// What was known at a time against a plain reading of all sessions, for random trails.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "profile/features.hpp"

using namespace journey;
using namespace journey::profile;
using namespace journey::sessions;

namespace {

constexpr std::int64_t minute = 60'000'000;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr session_rule rule{.timeout = 30 * minute};
constexpr std::array<std::string_view, 4> texts{"Paid Search", "Email", "Direct", "news"};
// By channel and source: paid, not paid, and one that no rule gave a channel.
constexpr std::array<touch_numbers, 3> touches{touch_numbers{0, 0, 0, 0, 0, 1},
                                               touch_numbers{4, 0, 0, 0, 0, 2}, touch_numbers{4}};

std::int64_t floor_day(std::int64_t time) { return (time - (time % day + day) % day) / day; }

std::vector<session_record> random_sessions(std::mt19937& random, int length) {
  auto below = [&](int n) { return static_cast<std::int64_t>(random() % n); };
  std::vector<session_record> result;
  std::int64_t time = (below(200) - 100) * day + below(24 * 60) * minute;
  for (int i = 0; i < length; ++i) {
    session_record& each = result.emplace_back();
    each.started_at = time;
    each.ended_at = time + below(5) * 20 * minute;
    each.events = 10;
    each.conversions = below(3) == 0 ? 1 + below(2) : 0;
    auto inside = [&] {
      return std::uniform_int_distribution<std::int64_t>(each.started_at, each.ended_at)(random);
    };
    if (each.conversions > 0) each.converted_at = inside();
    if (below(3) > 0) each.non_direct = {inside(), static_cast<std::uint32_t>(1 + below(3))};
    time = each.ended_at + 31 * minute + below(3) * hour + below(4) / 3 * below(40) * day;
  }
  return result;
}

features read_plainly(const std::vector<session_record>& sessions, std::int64_t time) {
  features result;
  std::set<std::int64_t> days;
  for (const session_record& each : sessions) {
    if (each.started_at > time) continue;
    ++result.sessions;
    std::int64_t ago = time - each.started_at;
    result.sessions_7d += ago < 7 * day;
    result.sessions_30d += ago < 30 * day;
    result.sessions_90d += ago < 90 * day;
    if (ago < 30 * day) days.insert(floor_day(each.started_at));
    result.hours_since_last_start = static_cast<double>(ago) / 1e6 / 3600;
    result.sessions_with_conversion += each.conversions > 0 && each.converted_at <= time;
    result.in_session |= time <= each.ended_at + rule.timeout;
    if (each.non_direct.touch == 0 || each.non_direct.at > time) continue;
    std::uint32_t text = touches[each.non_direct.touch - 1][5];
    std::optional<std::string_view> channel;
    if (text != 0) channel = texts[text - 1];
    bool first = true;
    for (const session_record& other : sessions)
      first &= other.started_at >= each.started_at || other.non_direct.touch == 0;
    if (first) result.first_channel = channel;
    result.last_channel = channel;
    if (each.non_direct.touch == 1) result.last_paid_channel = channel;
  }
  result.days_started_30d = static_cast<std::int64_t>(days.size());
  return result;
}

TEST(features, of_random_trails_at_random_times) {
  std::mt19937 random(7);
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
  for (int round = 0; round < 300; ++round) {
    std::vector<session_record> sessions = random_sessions(random, round % 12);
    wire::writer out(memory);
    write_trail<session_record>(rule, {sessions}, {texts, touches}, memory, out);
    trail_view trail({out.data(), out.size()}, memory);
    past past(trail, memory);
    std::vector<std::int64_t> times{-300 * day, 1000 * day};
    for (const session_record& each : sessions)
      for (std::int64_t after : {std::int64_t{-1}, std::int64_t{0}, 20 * minute, 30 * minute, 45 * minute,
                                 7 * day, 30 * day, 90 * day})
        times.insert(times.end(), {each.started_at + after, each.ended_at + after, each.non_direct.at + after,
                                   each.converted_at + after});
    for (std::int64_t time : times) {
      features seen = past.as_of(time);
      features plain = read_plainly(sessions, time);
      EXPECT_EQ(seen.sessions, plain.sessions);
      EXPECT_EQ(seen.sessions_7d, plain.sessions_7d);
      EXPECT_EQ(seen.sessions_30d, plain.sessions_30d);
      EXPECT_EQ(seen.sessions_90d, plain.sessions_90d);
      EXPECT_EQ(seen.days_started_30d, plain.days_started_30d);
      EXPECT_EQ(seen.hours_since_last_start, plain.hours_since_last_start);
      EXPECT_EQ(seen.sessions_with_conversion, plain.sessions_with_conversion);
      EXPECT_EQ(seen.first_channel, plain.first_channel);
      EXPECT_EQ(seen.last_channel, plain.last_channel);
      EXPECT_EQ(seen.last_paid_channel, plain.last_paid_channel);
      EXPECT_EQ(seen.in_session, plain.in_session);
    }
  }
}

}  // namespace
