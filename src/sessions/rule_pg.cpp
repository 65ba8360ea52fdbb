#include "sessions/rule_pg.hpp"

#include <algorithm>
#include <limits>

#include "base/hash_map.hpp"
#include "pg/aggregate.hpp"
#include "pg/context.hpp"

extern "C" {
#include "pgtime.h"
}

namespace journey::sessions {
namespace {

constexpr std::int64_t second = USECS_PER_SEC;
constexpr std::int64_t epoch_shift = (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * std::int64_t{SECS_PER_DAY};

std::int64_t floored(std::int64_t number, std::int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

/// The date on a clock that stands `offset` ahead of UTC.
std::int64_t date_at(std::int64_t ts, std::int64_t offset) { return floored(ts + offset, USECS_PER_DAY); }

pg_tz* find_zone(std::string_view name) {
  pg_verifymbstr(name.data(), static_cast<int>(name.size()), false);
  pg_tz* zone = name.empty() ? nullptr : pg_tzset(pnstrdup(name.data(), name.size()));
  if (zone == nullptr || !pg_tz_acceptable(zone))
    throw error(sqlstate::invalid_parameter_value, "day_boundary is not a known time zone: " + quoted(name),
                "Give a full name from pg_timezone_names, such as 'Europe/Berlin': abbreviations know no "
                "summer time.");
  return zone;
}

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): final, so none is destroyed as a calendar
class local_calendar final : public calendar {
 public:
  explicit local_calendar(pg_tz* zone) : zone_(zone) {}

  std::int64_t day(std::int64_t ts) override {
    if (ts >= since_ && ts < until_) return date_at(ts, offset_);
    if (TIMESTAMP_NOT_FINITE(ts)) return ts;
    return look_up(ts);
  }
  std::string_view zone() const override { return pg_get_timezone_name(zone_); }

 private:
  std::int64_t look_up(std::int64_t ts);

  pg_tz* zone_;
  // The clock stands at `offset_` all through [since_, until_), and was not set back in the day before.
  std::int64_t since_ = 0;
  std::int64_t until_ = 0;
  std::int64_t offset_ = 0;
};

std::int64_t local_calendar::look_up(std::int64_t ts) {
  pg_time_t now = floored(ts, second) + epoch_shift;
  pg_time_t day_before = now - SECS_PER_DAY;
  pg_time_t boundary;
  long before;
  long after;
  int before_is_dst;
  int after_is_dst;
  int found =
      pg_next_dst_boundary(&day_before, &before, &before_is_dst, &boundary, &after, &after_is_dst, zone_);
  if (found < 0) throw error(sqlstate::datetime_overflow, "timestamp is out of range of its time zone");
  if (found == 0 || boundary > now) {
    since_ = ts;
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    until_ =
        found == 0 || boundary - epoch_shift > never / second ? never : (boundary - epoch_shift) * second;
    offset_ = before * second;
    return date_at(ts, offset_);
  }
  // The clock was changed in the last 24 hours: where it was set back, an earlier day may seem to return.
  std::int64_t last_before = (boundary - epoch_shift) * second - 1;
  return std::max(date_at(ts, pg_localtime(&now, zone_)->tm_gmtoff * second),
                  date_at(last_before, before * second));
}

/// The rule of the given parts, checked. A null pointer is an argument that is not given.
session_rule make_rule(const Interval* timeout, bool inclusive, const Interval* max_duration,
                       std::optional<std::string_view> day_boundary) {
  session_rule rule;
  rule.timeout = pg::positive_duration(timeout, "timeout");
  rule.inclusive = inclusive;
  if (max_duration != nullptr) rule.max_duration = pg::positive_duration(max_duration, "max_duration");
  if (day_boundary) rule.day_boundary = calendar_of(*day_boundary).zone();
  return rule;
}

/// A rule's stored form as a varlena.
Datum rule_datum(const session_rule& rule) {
  struct stored {
    const session_rule& rule;
    void serialize(wire::writer& out) const { write(out, rule); }
  };
  return PointerGetDatum(pg::to_bytea(stored{rule}));
}

/// An interval in the text of a rule. The server's error about it is told what a rule looks like.
const Interval* read_interval(std::string_view text) {
  auto show_form = [](void*) {
    errhint(
        "A session_rule is a timeout and what it may want: '30 minutes inclusive, max_duration 4 hours, "
        "day_boundary Europe/Berlin'.");
  };
  Datum interval = pg::in_context(show_form, nullptr, [text] {
    return DirectFunctionCall3(interval_in, CStringGetDatum(pnstrdup(text.data(), text.size())),
                               ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  });
  return DatumGetIntervalP(interval);
}

/// Cuts `text` off at `mark` and returns what follows it.
std::optional<std::string_view> cut(std::string_view& text, std::string_view mark) {
  std::size_t at = text.find(mark);
  if (at == text.npos) return {};
  std::string_view rest = text.substr(at + mark.size());
  text = text.substr(0, at);
  return rest;
}

session_rule parse_rule(std::string_view text) {
  constexpr std::string_view inclusive = " inclusive";
  std::optional<std::string_view> day_boundary = cut(text, ", day_boundary ");  // a zone may hold commas
  std::optional<std::string_view> max_duration = cut(text, ", max_duration ");
  bool is_inclusive = text.ends_with(inclusive);
  if (is_inclusive) text.remove_suffix(inclusive.size());
  return make_rule(read_interval(text), is_inclusive, max_duration ? read_interval(*max_duration) : nullptr,
                   day_boundary);
}

}  // namespace

session_rule read_rule(Datum value) {
  wire::reader in(pg::text_view(value), "session_rule");
  return read_rule(in);
}

calendar& calendar_of(std::string_view zone) {
  static auto& known = pg::make_in<hash_map<pg_tz*, local_calendar*>>(TopMemoryContext);
  pg_tz* found = find_zone(zone);
  local_calendar*& made = known[found];
  if (made == nullptr)
    made = new (MemoryContextAlloc(TopMemoryContext, sizeof(local_calendar))) local_calendar(found);
  return *made;
}

}  // namespace journey::sessions

using namespace journey;
using namespace journey::sessions;

JOURNEY_FUNCTION(session_rule) {
  if (PG_ARGISNULL(0)) pg::null_argument("timeout");
  if (PG_ARGISNULL(1)) pg::null_argument("inclusive");
  std::optional<std::string_view> day_boundary;
  if (!PG_ARGISNULL(3)) day_boundary = pg::text_argument(fcinfo, 3);
  return rule_datum(make_rule(PG_GETARG_INTERVAL_P(0), PG_GETARG_BOOL(1),
                              PG_ARGISNULL(2) ? nullptr : PG_GETARG_INTERVAL_P(2), day_boundary));
}

JOURNEY_FUNCTION(session_rule_timeout) {
  auto* timeout = static_cast<Interval*>(palloc0(sizeof(Interval)));
  timeout->time = read_rule(PG_GETARG_DATUM(0)).timeout;
  PG_RETURN_INTERVAL_P(timeout);
}

JOURNEY_FUNCTION(session_rule_in) { return rule_datum(parse_rule(PG_GETARG_CSTRING(0))); }

JOURNEY_FUNCTION(session_rule_out) {
  session_rule rule = read_rule(PG_GETARG_DATUM(0));
  PG_RETURN_CSTRING(text_to_cstring(DatumGetTextPP(pg::text_datum(rule_text(rule)))));
}

JOURNEY_FUNCTION(session_rule_recv) {
  auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
  int length = message->len - message->cursor;
  wire::reader in({pq_getmsgbytes(message, length), static_cast<std::size_t>(length)}, "session_rule");
  session_rule rule = read_rule(in);
  if (!rule.day_boundary.empty()) rule.day_boundary = calendar_of(rule.day_boundary).zone();
  return rule_datum(rule);
}

JOURNEY_FUNCTION(session_rule_send) { return PointerGetDatum(DatumGetByteaPCopy(PG_GETARG_DATUM(0))); }
