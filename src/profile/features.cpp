#include "profile/features.hpp"

#include <algorithm>

namespace journey::profile {
namespace {

constexpr std::int64_t hour = 3'600'000'000;
constexpr std::int64_t day = 24 * hour;

std::int64_t utc_day(std::int64_t time) { return time / day - (time % day < 0 ? 1 : 0); }

}  // namespace

past::past(const sessions::trail_view& trail, std::pmr::memory_resource* memory)
    : trail_(trail), paid_(1, false, memory), moments_(memory) {
  const sessions::dictionary& words = trail.words();
  for (std::uint32_t number = 1; number <= words.touches.size(); ++number) {
    check_interrupts();
    paid_.push_back(channels::is_paid(words.touch({0, number})));
  }
  moments_.reserve(trail.session_count());
  sessions::trail_view::cursor cursor(trail);
  moment next;
  while (const sessions::session_record* session = cursor.next()) {
    bool new_day =
        moments_.empty() || utc_day(moments_.back().session.started_at) != utc_day(session->started_at);
    next.session = *session;
    next.day += new_day ? 1 : 0;
    moments_.push_back(next);
    next = up_to(next, sessions::latest_time);
  }
}

past::moment past::up_to(const moment& last, std::int64_t time) const {
  moment result = last;
  if (last.session.conversions > 0 && last.session.converted_at <= time) ++result.converted;
  if (const sessions::touch_mark* touch = last.session.touch(time)) {
    if (result.first.touch == 0) result.first = *touch;
    result.last = *touch;
    if (is_paid(*touch)) result.last_paid = *touch;
  }
  return result;
}

std::size_t past::after(std::int64_t time) const {
  return std::ranges::upper_bound(moments_, time, {},
                                  [](const moment& each) { return each.session.started_at; }) -
         moments_.begin();
}

std::optional<std::string_view> past::channel(const sessions::touch_mark& touch) const {
  if (touch.touch == 0) return {};
  return trail_.words().touch(touch)[channels::touch_text::channel];
}

features past::as_of(std::int64_t time) const {
  features result;
  std::size_t end = after(time);
  if (end == 0) return result;
  const moment& last = moments_[end - 1];
  moment known = up_to(last, time);
  result.sessions = static_cast<std::int64_t>(end);
  result.sessions_with_conversion = known.converted;
  result.first_channel = channel(known.first);
  result.last_channel = channel(known.last);
  result.last_paid_channel = channel(known.last_paid);
  if (time > sessions::latest_time) return result;

  std::uint64_t since_start = elapsed(last.session.started_at, time);
  result.hours_since_last_start = static_cast<double>(since_start) / 1e6 / 3600;
  // A session is still open, as far as is known then, where the timeout has not passed since its last event.
  result.in_session = time <= last.session.ended_at || elapsed(last.session.ended_at, time) <=
                                                           static_cast<std::uint64_t>(trail_.rule().timeout);
  auto sessions_from = [&](std::size_t first) { return static_cast<std::int64_t>(end - first); };
  std::size_t month = after(time - 30 * day);
  result.sessions_7d = sessions_from(after(time - 7 * day));
  result.sessions_30d = sessions_from(month);
  result.sessions_90d = sessions_from(after(time - 90 * day));
  if (month < end) result.days_started_30d = last.day - moments_[month].day + 1;
  return result;
}

}  // namespace journey::profile
