// The sessions in which two trails of a visitor differ.
#include <optional>

#include "pg/set.hpp"
#include "sessions/session_id_pg.hpp"
#include "sessions/trail_pg.hpp"

using namespace journey;
using namespace journey::sessions;

namespace {

/// Runs over the sessions of a trail, or of none, and tells when the next one starts.
class session_walk {
 public:
  session_walk(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, int position) {
    if (PG_ARGISNULL(position)) return;
    trail_.emplace(pg::text_argument(fcinfo, position), memory);
    cursor_.emplace(*trail_);
    const session_record* first = cursor_->next();
    has_next_ = first != nullptr;
    if (has_next_) next_ = *first;
    advance();
  }

  const trail_view& trail() const { return *trail_; }
  bool done() const { return done_; }
  const session_record& session() const { return session_; }
  std::int64_t number() const { return number_; }
  std::optional<std::int64_t> next_started_at() const {
    return has_next_ ? std::optional(next_.started_at) : std::nullopt;
  }

  void advance() {
    done_ = !has_next_;
    if (done_) return;
    session_ = next_;
    ++number_;
    const session_record* following = cursor_->next();
    has_next_ = following != nullptr;
    if (has_next_) next_ = *following;
  }

 private:
  std::optional<trail_view> trail_;
  std::optional<trail_view::cursor> cursor_;
  session_record session_, next_;
  std::int64_t number_ = 0;
  bool has_next_ = false;
  bool done_ = true;
};

bool same_page(const session_walk& a, const page_mark& page, const session_walk& b, const page_mark& other) {
  return a.trail().words().text(page.page) == b.trail().words().text(other.page);
}

/// Whether the rows of two sessions with the same start are equal.
bool same(const session_walk& a, const session_walk& b) {
  const session_record &s = a.session(), &t = b.session();
  if (a.number() != b.number() || a.next_started_at() != b.next_started_at() || s.ended_at != t.ended_at ||
      s.events != t.events || s.pages != t.pages || s.conversions != t.conversions ||
      (s.conversions > 0 && s.converted_at != t.converted_at))
    return false;
  if (s.pages > 0 && !(same_page(a, s.landing, b, t.landing) && same_page(a, s.exit, b, t.exit)))
    return false;
  const touch_mark *touch = s.touch(), *other = t.touch();
  if (touch == nullptr || other == nullptr) return touch == other;
  return touch->at == other->at &&
         a.trail().words().touch(*touch).texts == b.trail().words().touch(*other).texts;
}

/// What all calls share.
struct session_values {
  explicit session_values(std::pmr::memory_resource* memory)
      : touches(memory),
        rows(pg::row_type::named(pg::context_of(memory), "session", session_columns::types)) {}
  channels::touch_type touches;
  pg::row_type rows;
};

/// The rows of session_changes(), in order of time.
class change_rows {
 public:
  static constexpr int columns = 4;

  change_rows(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo, pg::row_series& series)
      : visitor_id_(PG_ARGISNULL(0) ? nullptr : PG_GETARG_TEXT_P_COPY(0)),
        before_(memory, fcinfo, 1),
        after_(memory, fcinfo, 2),
        types_(series.shared<session_values>(fcinfo)) {}

  bool next(Datum* values, bool* nulls) {
    for (;;) {
      check_interrupts();
      if (before_.done() && after_.done()) return false;
      if (after_.done() || (!before_.done() && before_.session().started_at < after_.session().started_at)) {
        put("delete", before_, values, nulls);
        nulls[3] = true;
        before_.advance();
        return true;
      }
      bool is_new = before_.done() || after_.session().started_at < before_.session().started_at;
      bool differs = is_new || !same(before_, after_);
      if (differs) {
        put(is_new ? "insert" : "update", after_, values, nulls);
        auto following = after_.next_started_at();
        nulls[3] = !following;
        if (following) values[3] = TimestampTzGetDatum(*following);
      }
      after_.advance();
      if (!is_new) before_.advance();
      if (differs) return true;
    }
  }

 private:
  void put(const char* operation, const session_walk& walk, Datum* values, bool* nulls) {
    Datum session[session_columns::count]{};
    bool is_null[session_columns::count]{};
    session_columns::fill(walk.session(), walk.number(), walk.trail(), &types_.touches, session, is_null);
    values[0] = pg::text_datum(operation);
    nulls[1] = visitor_id_ == nullptr;
    if (!nulls[1]) values[1] = session_id(visitor_id_, walk.session().started_at);
    values[2] = types_.rows.row(session, is_null);
  }

  text* visitor_id_;
  session_walk before_, after_;
  session_values& types_;
};

}  // namespace

JOURNEY_FUNCTION(session_changes) {
  return pg::each_row(fcinfo, {TEXTOID, UUIDOID, pg::row_type::any, TIMESTAMPTZOID},
                      [fcinfo](pg::row_series& series) {
                        return &pg::make_in<change_rows>(series.memory(), fcinfo, series);
                      });
}
