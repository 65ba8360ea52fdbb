// SQL entry points: attribute, touch_weights.
#include <algorithm>

#include "attribution/credits.hpp"
#include "attribution/names_pg.hpp"
#include "attribution/weights.hpp"
#include "base/sort.hpp"
#include "channels/touch_pg.hpp"
#include "pg/array.hpp"
#include "pg/call_site.hpp"
#include "pg/set.hpp"
#include "sessions/trail_pg.hpp"

using namespace journey;
using namespace journey::attribution;

namespace {

/// The lists that a call site has read: most are the same for all rows.
struct channel_lists {
  explicit channel_lists(std::pmr::memory_resource* memory) : optional(memory), excluded(memory) {}
  pg::argument_cache<channel_set> optional, excluded;
};

/// The arguments that all functions here share.
struct options {
  attribution::rule rule;
  std::optional<std::int64_t> lookback;
  const channel_set* optional_channels;
  const channel_set* excluded_channels;

  touch_class standing(const name& channel) const {
    if (!channel) return touch_class::regular;
    if (excluded_channels->contains(channel)) return touch_class::excluded;
    return optional_channels->contains(channel) ? touch_class::optional : touch_class::regular;
  }
};

void refuse_null(FunctionCallInfo fcinfo, int position, const char* argument) {
  if (PG_ARGISNULL(position)) pg::null_argument(argument);
}

const channel_set& channel_list(FunctionCallInfo fcinfo, int position, const char* argument,
                                pg::argument_cache<channel_set>& cache) {
  bool missing = PG_ARGISNULL(position);
  return cache.of(missing ? std::string_view() : pg::argument_bytes(PG_GETARG_DATUM(position)),
                  [&](channel_set& channels) {
                    if (missing)
                      channels.assign({});
                    else
                      channels.assign(read_names(PG_GETARG_DATUM(position), argument));
                  });
}

/// NULL stands for none. The numbers live in the current memory context.
std::span<const double> weights_argument(FunctionCallInfo fcinfo, int position) {
  if (PG_ARGISNULL(position)) return {};
  pg::array_elements elements(PG_GETARG_DATUM(position), FLOAT8OID, "weights");
  if (elements.size() == 0)
    throw error(sqlstate::invalid_parameter_value, "weights must not be empty",
                "Give NULL for none, or the weights of the first to the last touch.");
  auto* weights = static_cast<double*>(palloc_extended(sizeof(double) * elements.size(), MCXT_ALLOC_HUGE));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements.nulls[i])
      throw error(sqlstate::null_value_not_allowed, "weights must not contain a NULL",
                  "A touch without a weight of its own shares in what the weights leave over.");
    weights[i] = DatumGetFloat8(elements.values[i]);
  }
  return {weights, elements.size()};
}

/// Where the arguments stand; those between are in the same order in all functions.
struct option_positions {
  int model, lookback, collapse;
};

options read_options(FunctionCallInfo fcinfo, channel_lists& lists, const option_positions& at) {
  int half_life = at.lookback + 1, first_weight = at.lookback + 2, last_weight = at.lookback + 3;
  refuse_null(fcinfo, at.model, "model");
  refuse_null(fcinfo, half_life, "half_life");
  refuse_null(fcinfo, first_weight, "first_weight");
  refuse_null(fcinfo, last_weight, "last_weight");
  refuse_null(fcinfo, at.collapse, "collapse");
  options given{
      .rule = {.model = model_named(pg::enum_label(PG_GETARG_DATUM(at.model))),
               .half_life =
                   static_cast<double>(pg::positive_duration(PG_GETARG_INTERVAL_P(half_life), "half_life")),
               .first_weight = PG_GETARG_FLOAT8(first_weight),
               .last_weight = PG_GETARG_FLOAT8(last_weight),
               .collapse = collapse_named(pg::enum_label(PG_GETARG_DATUM(at.collapse))),
               .weights = weights_argument(fcinfo, at.collapse + 1)},
      .lookback = {},
      .optional_channels = &channel_list(fcinfo, at.lookback + 4, "optional_channels", lists.optional),
      .excluded_channels = &channel_list(fcinfo, at.lookback + 5, "excluded_channels", lists.excluded)};
  given.rule.check();
  if (!PG_ARGISNULL(at.lookback)) {
    const Interval* interval = PG_GETARG_INTERVAL_P(at.lookback);
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
  if (given.rule.collapse != collapse_kind::none && given.rule.asks_for_channels())
    throw error(sqlstate::null_value_not_allowed, "collapse needs channels", hint);
  if (given.rule.asks_for_channels())
    throw error(sqlstate::null_value_not_allowed, "model " + std::string(model) + " needs channels", hint);
  if (!given.optional_channels->empty() || !given.excluded_channels->empty())
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

/// The rows of attribute: conversion by conversion, each credit by time of its touch.
class credit_rows {
 public:
  static constexpr int columns = 6;

  /// Where `numbered`, rows begin with the number of the conversion.
  credit_rows(std::pmr::memory_resource* memory, const channels::touch_type& type, const options& given,
              bool numbered)
      : memory_(memory),
        type_(type),
        given_(given),
        numbered_(numbered),
        touches_(memory),
        candidates_(memory),
        passing_(memory),
        conversions_(memory),
        current_{0, std::pmr::vector<share>(memory)} {}

  void read_touches(const sessions::trail_view& trail) {
    for (const sessions::session& session : trail) {
      check_interrupts();
      if (session.direct) add_touch(*session.direct);
      if (session.direct && session.non_direct)
        passing_.push_back({touches_.size() - 1, session.non_direct->touched_at});
      if (session.non_direct) add_touch(*session.non_direct);
    }
  }

  /// What is shared out; missing times are no conversions.
  void convert_at(std::span<const std::optional<std::int64_t>> times, bool reuse_touches) {
    conversions_ = conversions_at(times, given_.lookback, reuse_touches, memory_);
  }

  bool next(Datum* values, bool* nulls) {
    if (next_share_ == current_.shares.size()) {
      if (next_conversion_ == conversions_.size()) return false;
      const window& when = conversions_[next_conversion_++].when;
      for (; next_passing_ < passing_.size() && passing_[next_passing_].until <= when.until; ++next_passing_)
        candidates_[passing_[next_passing_].candidate].standing = touch_class::excluded;
      current_ = attribute(given_.rule, candidates_, when, memory_);
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
  /// A session's direct touch, which no longer counts once there is one that is not.
  struct passing_touch {
    std::size_t candidate;
    std::int64_t until;  // the time of the other
  };

  void add_touch(const channels::touch& touch) {
    const name& channel = touch[channels::touch_text::channel];
    touches_.push_back(touch);
    candidates_.push_back(
        {touch.touched_at, channel, is_direct(touch), is_paid(touch), given_.standing(channel)});
  }

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
  std::pmr::vector<candidate> candidates_;     // one for each touch, in time order
  std::pmr::vector<passing_touch> passing_;    // in time order
  std::pmr::vector<conversion> conversions_;
  outcome current_;
  std::size_t next_passing_ = 0;
  std::size_t next_conversion_ = 0;  // these are in time order, too
  std::size_t next_share_ = 0;
};

/// What all sets of rows of a call site share.
struct shared_by_sets {
  explicit shared_by_sets(std::pmr::memory_resource* memory) : lists(memory), type(memory) {}
  channel_lists lists;
  channels::touch_type type;
};

/// The rows for the trail in argument 0, which has no touches where it is NULL.
credit_rows& rows_of(FunctionCallInfo fcinfo, pg::row_series& series, const option_positions& at,
                     bool numbered) {
  auto& shared = series.shared<shared_by_sets>(fcinfo);
  options given = read_options(fcinfo, shared.lists, at);
  auto& rows = pg::make_in<credit_rows>(series.memory(), shared.type, given, numbered);
  if (!PG_ARGISNULL(0)) rows.read_touches(sessions::trail_argument(fcinfo, 0));
  return rows;
}

/// The times of a timestamptz[].
std::pmr::vector<std::optional<std::int64_t>> read_times(Datum array, const char* argument) {
  pg::array_elements elements(array, TIMESTAMPTZOID, argument);
  std::pmr::vector<std::optional<std::int64_t>> times(elements.size(), pg::call_memory());
  for (std::size_t i = 0; i < elements.size(); ++i)
    if (!elements.nulls[i]) times[i] = DatumGetTimestampTz(elements.values[i]);
  return times;
}

}  // namespace

JOURNEY_FUNCTION(touch_weights) {
  options given = read_options(fcinfo, pg::call_site<channel_lists>(fcinfo), {0, 3, 10});
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) PG_RETURN_NULL();
  auto times = read_times(PG_GETARG_DATUM(1), "touched_at");
  TimestampTz converted_at = PG_GETARG_TIMESTAMPTZ(2);
  names channels(times.size(), pg::call_memory());
  if (!PG_ARGISNULL(9))
    channels = read_names(PG_GETARG_DATUM(9), "channels");
  else
    refuse_to_do_without_channels(given, pg::enum_label(PG_GETARG_DATUM(0)));
  if (channels.size() != times.size())
    throw error(sqlstate::invalid_parameter_value,
                "channels must have as many elements as touched_at: " + std::to_string(channels.size()) +
                    " and " + std::to_string(times.size()));

  std::pmr::vector<std::size_t> order(pg::call_memory());
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i]) order.push_back(i);
  sort_by(order, [&](std::size_t i) { return std::tuple(times[i], channels[i], i); });
  std::pmr::vector<candidate> candidates(pg::call_memory());
  for (std::size_t i : order) {
    check_interrupts();
    candidates.push_back(candidate_of(*times[i], channels[i], given));
  }

  outcome result =
      attribute(given.rule, candidates, looking_back(converted_at, given.lookback), pg::call_memory());
  auto* weights = static_cast<Datum*>(
      palloc_extended(sizeof(Datum) * (times.size() + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
  for (const share& share : result.shares) weights[order[share.candidate]] = Float8GetDatum(share.credit);
  PG_RETURN_ARRAYTYPE_P(construct_array(weights, static_cast<int>(times.size()), FLOAT8OID, sizeof(float8),
                                        FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

JOURNEY_FUNCTION(attribute) {
  return pg::each_row(fcinfo, {INT4OID, INT4OID, pg::row_type::any, TEXTOID, FLOAT8OID},
                      [fcinfo](pg::row_series& series) {
                        auto& rows = rows_of(fcinfo, series, {2, 3, 9}, false);
                        std::optional<std::int64_t> converted_at;
                        if (!PG_ARGISNULL(1)) converted_at = PG_GETARG_TIMESTAMPTZ(1);
                        rows.convert_at({&converted_at, 1}, true);
                        return &rows;
                      });
}

JOURNEY_FUNCTION(attribute_all) {
  return pg::each_row(fcinfo, {INT4OID, INT4OID, INT4OID, pg::row_type::any, TEXTOID, FLOAT8OID},
                      [fcinfo](pg::row_series& series) {
                        refuse_null(fcinfo, 2, "reuse_touches");
                        auto& rows = rows_of(fcinfo, series, {3, 4, 10}, true);
                        if (!PG_ARGISNULL(1))
                          rows.convert_at(read_times(PG_GETARG_DATUM(1), "converted_at"), PG_GETARG_BOOL(2));
                        return &rows;
                      });
}
