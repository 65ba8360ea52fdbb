// SQL entry points: attribute, touch_weights.
#include <algorithm>

#include "attribution/credits.hpp"
#include "attribution/names_pg.hpp"
#include "attribution/weights.hpp"
#include "base/sort.hpp"
#include "channels/touch_pg.hpp"
#include "pg/set.hpp"
#include "sessions/trail_pg.hpp"

using namespace journey;
using namespace journey::attribution;

namespace {

/// The arguments that all functions here share, in this order, from `model` on.
struct options {
  attribution::rule rule;
  std::optional<std::int64_t> lookback;
  names optional_channels;
  names excluded_channels;

  touch_class standing(const std::optional<std::string_view>& channel) const {
    if (!channel) return touch_class::regular;
    if (std::ranges::find(excluded_channels, channel) != excluded_channels.end())
      return touch_class::excluded;
    if (std::ranges::find(optional_channels, channel) != optional_channels.end())
      return touch_class::optional;
    return touch_class::regular;
  }
};

void refuse_null(FunctionCallInfo fcinfo, int position, const char* argument) {
  if (PG_ARGISNULL(position)) pg::null_argument(argument);
}

names channel_list(FunctionCallInfo fcinfo, int position, const char* argument) {
  return PG_ARGISNULL(position) ? names(pg::call_memory()) : read_names(PG_GETARG_DATUM(position), argument);
}

options read_options(FunctionCallInfo fcinfo, int model, int lookback) {
  int half_life = lookback + 1, first_weight = lookback + 2, last_weight = lookback + 3;
  refuse_null(fcinfo, model, "model");
  refuse_null(fcinfo, half_life, "half_life");
  refuse_null(fcinfo, first_weight, "first_weight");
  refuse_null(fcinfo, last_weight, "last_weight");
  options given{
      .rule = {model_named(pg::enum_label(PG_GETARG_DATUM(model))),
               static_cast<double>(pg::positive_duration(PG_GETARG_INTERVAL_P(half_life), "half_life")),
               PG_GETARG_FLOAT8(first_weight), PG_GETARG_FLOAT8(last_weight)},
      .lookback = {},
      .optional_channels = channel_list(fcinfo, lookback + 4, "optional_channels"),
      .excluded_channels = channel_list(fcinfo, lookback + 5, "excluded_channels")};
  given.rule.check();
  if (!PG_ARGISNULL(lookback)) {
    const Interval* interval = PG_GETARG_INTERVAL_P(lookback);
    given.lookback = pg::duration(interval, "lookback");
    if (*given.lookback < 0)
      throw error(sqlstate::invalid_parameter_value,
                  "lookback must not be negative: " + pg::interval_text(interval),
                  "Give NULL to look back without a limit.");
  }
  return given;
}

void refuse_to_do_without_channels(const options& given, std::string_view model) {
  const char* hint = "Give channels: the channel of each element of touched_at.";
  if (asks_for_channels(given.rule.model))
    throw error(sqlstate::null_value_not_allowed, "model " + std::string(model) + " needs channels", hint);
  if (!given.optional_channels.empty() || !given.excluded_channels.empty())
    throw error(sqlstate::null_value_not_allowed, "optional_channels and excluded_channels need channels",
                hint);
}

/// A channel alone, seen as a touch.
candidate candidate_of(std::int64_t touched_at, const std::optional<std::string_view>& channel,
                       const options& given) {
  channels::touch touch;
  touch[channels::touch_text::channel] = channel;
  return {touched_at, channel, channel == "Direct", is_paid(touch), given.standing(channel)};
}

/// A moment that earns credit: its number, and when touches count for it.
struct conversion {
  std::int32_t number;
  window when;
};

/// The rows of attribute: conversion by conversion, each credit by time of its touch.
class credit_rows {
 public:
  static constexpr int columns = 6;

  /// Where `numbered`, rows begin with the number of the conversion.
  credit_rows(std::pmr::memory_resource* memory, const channels::touch_type& type, options given,
              bool numbered)
      : memory_(memory),
        type_(type),
        given_(std::move(given)),
        numbered_(numbered),
        touches_(memory),
        candidates_(memory),
        conversions_(memory),
        current_{0, std::pmr::vector<share>(memory)} {}

  void read_touches(const sessions::trail_view& trail) {
    for (const sessions::session& session : trail)
      if (session.touch) touches_.push_back(*session.touch);
    sort(touches_);
    for (const channels::touch& touch : touches_) {
      const name& channel = touch[channels::touch_text::channel];
      candidates_.push_back(
          {touch.touched_at, channel, is_direct(touch), is_paid(touch), given_.standing(channel)});
    }
  }

  void add_conversion(std::int32_t number, const window& when) { conversions_.push_back({number, when}); }

  const options& given() const { return given_; }

  bool next(Datum* values, bool* nulls) {
    if (next_share_ == current_.shares.size()) {
      if (next_conversion_ == conversions_.size()) return false;
      current_ = attribute(given_.rule, candidates_, conversions_[next_conversion_++].when, memory_);
      next_share_ = 0;
      if (current_.shares.empty()) {
        write(values, nulls, nullptr);
        return true;
      }
    }
    write(values, nulls, &current_.shares[next_share_++]);
    return true;
  }

 private:
  void write(Datum* values, bool* nulls, const share* share) {
    if (numbered_) {
      *values++ = Int32GetDatum(conversions_[next_conversion_ - 1].number);
      ++nulls;
    }
    values[1] = Int32GetDatum(current_.touches);
    if (share == nullptr) {
      nulls[0] = nulls[2] = true;
      values[3] = pg::text_datum(unattributed);
      values[4] = Float8GetDatum(1);
      return;
    }
    const channels::touch& touch = touches_[share->candidate];
    const name& channel = touch[channels::touch_text::channel];
    values[0] = Int32GetDatum(share->position);
    values[2] = type_.datum(touch);
    nulls[3] = !channel;
    if (channel) values[3] = pg::text_datum(*channel);
    values[4] = Float8GetDatum(share->credit);
  }

  std::pmr::memory_resource* memory_;
  const channels::touch_type& type_;
  options given_;
  bool numbered_;
  std::pmr::vector<channels::touch> touches_;  // views into the trail
  std::pmr::vector<candidate> candidates_;     // one for each touch
  std::pmr::vector<conversion> conversions_;
  outcome current_;
  std::size_t next_conversion_ = 0;
  std::size_t next_share_ = 0;
};

/// The rows for the trail in argument 0, which has no touches where it is NULL.
credit_rows& rows_of(FunctionCallInfo fcinfo, pg::row_series& series, options given, bool numbered) {
  const auto& type = series.shared<channels::touch_type>(fcinfo);
  auto& rows = pg::make_in<credit_rows>(series.memory(), type, std::move(given), numbered);
  if (!PG_ARGISNULL(0)) rows.read_touches(sessions::trail_argument(fcinfo, 0));
  return rows;
}

}  // namespace

JOURNEY_FUNCTION(touch_weights) {
  options given = read_options(fcinfo, 0, 3);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) PG_RETURN_NULL();
  array_elements times(PG_GETARG_DATUM(1), TIMESTAMPTZOID, "touched_at");
  TimestampTz converted_at = PG_GETARG_TIMESTAMPTZ(2);
  names channels(times.values.size(), pg::call_memory());
  if (!PG_ARGISNULL(9))
    channels = read_names(PG_GETARG_DATUM(9), "channels");
  else
    refuse_to_do_without_channels(given, pg::enum_label(PG_GETARG_DATUM(0)));
  if (channels.size() != times.values.size())
    throw error(sqlstate::invalid_parameter_value,
                "channels must have as many elements as touched_at: " + std::to_string(channels.size()) +
                    " and " + std::to_string(times.values.size()));

  std::pmr::vector<std::size_t> order(pg::call_memory());
  for (std::size_t i = 0; i < times.values.size(); ++i)
    if (!times.nulls[i]) order.push_back(i);
  auto time = [&](std::size_t i) { return DatumGetTimestampTz(times.values[i]); };
  sort_by(order, [&](std::size_t i) { return std::tuple(time(i), channels[i], i); });
  std::pmr::vector<candidate> candidates(pg::call_memory());
  for (std::size_t i : order) candidates.push_back(candidate_of(time(i), channels[i], given));

  outcome result =
      attribute(given.rule, candidates, looking_back(converted_at, given.lookback), pg::call_memory());
  auto* weights = static_cast<Datum*>(palloc0(sizeof(Datum) * (times.values.size() + 1)));
  for (const share& share : result.shares) weights[order[share.candidate]] = Float8GetDatum(share.credit);
  PG_RETURN_ARRAYTYPE_P(construct_array(weights, static_cast<int>(times.values.size()), FLOAT8OID,
                                        sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

JOURNEY_FUNCTION(attribute) {
  return pg::each_row(
      fcinfo, {INT4OID, INT4OID, pg::row_type::any, TEXTOID, FLOAT8OID}, [fcinfo](pg::row_series& series) {
        auto& rows = rows_of(fcinfo, series, read_options(fcinfo, 2, 3), false);
        if (!PG_ARGISNULL(1))
          rows.add_conversion(1, looking_back(PG_GETARG_TIMESTAMPTZ(1), rows.given().lookback));
        return &rows;
      });
}

JOURNEY_FUNCTION(attribute_all) {
  return pg::each_row(fcinfo, {INT4OID, INT4OID, INT4OID, pg::row_type::any, TEXTOID, FLOAT8OID},
                      [fcinfo](pg::row_series& series) {
                        refuse_null(fcinfo, 2, "reuse_touches");
                        bool reuse_touches = PG_GETARG_BOOL(2);
                        auto& rows = rows_of(fcinfo, series, read_options(fcinfo, 3, 4), true);
                        if (PG_ARGISNULL(1)) return &rows;
                        array_elements times(PG_GETARG_DATUM(1), TIMESTAMPTZOID, "converted_at");
                        std::pmr::vector<std::pair<TimestampTz, std::int32_t>> conversions(pg::call_memory());
                        for (std::size_t i = 0; i < times.values.size(); ++i)
                          if (!times.nulls[i])
                            conversions.emplace_back(DatumGetTimestampTz(times.values[i]),
                                                     static_cast<std::int32_t>(i + 1));
                        sort(conversions);

                        std::optional<TimestampTz> previous,
                            last;  // the latest conversion before this one, and before or with it
                        for (auto [converted_at, number] : conversions) {
                          if (last != converted_at) previous = std::exchange(last, converted_at);
                          window when = looking_back(converted_at, rows.given().lookback);
                          if (!reuse_touches && previous) when.since = std::max(when.since, *previous + 1);
                          rows.add_conversion(number, when);
                        }
                        return &rows;
                      });
}
