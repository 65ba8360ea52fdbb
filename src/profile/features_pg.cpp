#include "pg/array.hpp"
#include "pg/set.hpp"
#include "profile/features.hpp"
#include "sessions/trail_pg.hpp"

namespace journey::profile {
namespace {

/// The rows of features(): one for each time that is not NULL.
class feature_rows {
 public:
  static constexpr std::initializer_list<Oid> types{TIMESTAMPTZOID, INT8OID, INT8OID,   INT8OID,
                                                    INT8OID,        INT8OID, FLOAT8OID, INT8OID,
                                                    TEXTOID,        TEXTOID, TEXTOID,   BOOLOID};
  static constexpr int columns = types.size();

  feature_rows(std::pmr::memory_resource* memory, FunctionCallInfo fcinfo)
      : times_(PG_GETARG_DATUM(1), TIMESTAMPTZOID, "as_of") {
    if (PG_ARGISNULL(0)) return;
    trail_.emplace(pg::text_argument(fcinfo, 0), memory);
    past_.emplace(*trail_, memory);
  }

  bool next(Datum* values, bool* nulls) {
    while (next_ < times_.size() && times_.nulls[next_]) ++next_;
    if (next_ == times_.size()) return false;
    TimestampTz time = DatumGetTimestampTz(times_.values[next_++]);
    const features known = past_ ? past_->as_of(time) : features{};
    int column = 0;
    auto put = [&](Datum value) { values[column++] = value; };
    auto put_text = [&](const std::optional<std::string_view>& text) {
      nulls[column] = !text;
      put(text ? pg::text_datum(*text) : 0);
    };
    put(TimestampTzGetDatum(time));
    for (std::int64_t count :
         {known.sessions, known.sessions_7d, known.sessions_30d, known.sessions_90d, known.days_started_30d})
      put(Int64GetDatum(count));
    nulls[column] = !known.hours_since_last_start;
    put(Float8GetDatum(known.hours_since_last_start.value_or(0)));
    put(Int64GetDatum(known.sessions_with_conversion));
    put_text(known.first_channel);
    put_text(known.last_channel);
    put_text(known.last_paid_channel);
    put(BoolGetDatum(known.in_session));
    return true;
  }

 private:
  pg::array_elements times_;
  std::size_t next_ = 0;
  std::optional<sessions::trail_view> trail_;
  std::optional<past> past_;
};

}  // namespace
}  // namespace journey::profile

using namespace journey;
using namespace journey::profile;

JOURNEY_FUNCTION(features) {
  return pg::each_row(fcinfo, feature_rows::types, [fcinfo](pg::row_series& series) -> feature_rows* {
    if (PG_ARGISNULL(1)) return nullptr;
    return &pg::make_in<feature_rows>(series.memory(), fcinfo);
  });
}
