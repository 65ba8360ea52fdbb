// Every kind of failure, on purpose: what src/pg promises is tested through these functions.
#include <new>
#include <stdexcept>
#include <vector>

#include "pg/aggregate.hpp"
#include "pg/call.hpp"
#include "pg/datum.hpp"
#include "base/interrupts.hpp"
#include "pg/query.hpp"
#include "pg/set.hpp"

extern "C" {
#include "utils/timeout.h"

PG_MODULE_MAGIC;
}

using namespace journey;

JOURNEY_FUNCTION(fail) {
  std::string_view kind = pg::text_argument(fcinfo, 0);
  if (kind == "bad_alloc") throw std::bad_alloc();
  if (kind == "huge allocation") std::pmr::vector<char> huge(std::size_t{1} << 62, pg::call_memory());
  if (kind == "aligned allocation") {
    for (std::size_t alignment : {16, 64, 4096}) {
      void* memory = pg::call_memory()->allocate(100, alignment);
      if (reinterpret_cast<std::uintptr_t>(memory) % alignment != 0) throw std::runtime_error("not aligned");
      pg::call_memory()->deallocate(memory, 100, alignment);
    }
  }
  if (kind == "std::exception") throw std::runtime_error("something std");
  if (kind == "length_error") throw std::length_error("too long");
  if (kind == "out_of_range") throw std::out_of_range("too far");
  if (kind == "invalid_argument") throw std::invalid_argument("not that");
  if (kind == "unknown") throw 42;
  if (kind == "journey::error") throw error("22012", "the message", "the hint", "the detail");
  if (kind == "long message") throw error("22023", std::string(5000, 'x'));
  if (kind == "cut in a character") {
    std::string text;
    for (int i = 0; i < 600; ++i) text += "\u20ac";
    throw error("22023", text);
  }
  PG_RETURN_TEXT_P(DatumGetTextPP(pg::text_datum("no failure")));
}

namespace {
int alive = 0;
struct counted {
  counted() { ++alive; }
  ~counted() { --alive; }
};
}  // namespace

/// A PostgreSQL error raised under C++ frames with destructors.
JOURNEY_FUNCTION(fail_in_server) {
  counted outer;
  pg::call([] {
    ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("server says no"), errhint("try one")));
  });
  PG_RETURN_NULL();
}

/// As above, but caught by C++ on the way: the transaction goes on.
JOURNEY_FUNCTION(rescue) {
  std::string message;
  try {
    counted outer;
    pg::call([] { ereport(ERROR, (errmsg("server says no"))); });
  } catch (const pg::server_error& caught) {
    message = std::string("rescued: ") + caught.what();
  }
  return pg::text_datum(message);
}

JOURNEY_FUNCTION(alive) { PG_RETURN_INT32(alive); }

/// True; the statement that calls it is cancelled a moment later, by a clock of this process: another
/// session's signal could come too late on a busy machine.
JOURNEY_FUNCTION(cancel_soon) {
  constexpr int milliseconds = 10;
  pg::call([] { enable_timeout_after(STATEMENT_TIMEOUT, milliseconds); });
  PG_RETURN_BOOL(true);
}

/// Turns until cancelled.
JOURNEY_FUNCTION(spin) {
  counted outer;
  for (;;) check_interrupts();
}

namespace {
/// Keeps every number it has seen.
class hoard {
 public:
  explicit hoard(std::pmr::memory_resource* memory) : numbers_(memory) {}
  void add(std::int64_t number) { numbers_.push_back(number); }
  void combine(const hoard& other) {
    numbers_.insert(numbers_.end(), other.numbers_.begin(), other.numbers_.end());
  }
  void serialize(wire::writer& out) const {
    out.varint(numbers_.size());
    for (std::int64_t number : numbers_) out.signed_varint(number);
  }
  void deserialize(wire::reader& in) {
    std::size_t count = in.count(1);
    for (std::size_t i = 0; i < count; ++i) numbers_.push_back(in.signed_varint());
  }
  std::int64_t sum() const {
    std::int64_t total = 0;
    for (std::int64_t number : numbers_) total += number;
    return total;
  }

 private:
  std::pmr::vector<std::int64_t> numbers_;
};
}  // namespace

JOURNEY_FUNCTION(hoard_add) {
  auto& state = pg::group_state<hoard>(fcinfo);
  if (!PG_ARGISNULL(1)) state.add(PG_GETARG_INT64(1));
  PG_RETURN_POINTER(&state);
}
JOURNEY_FUNCTION(hoard_sum) {
  auto* state = pg::state_argument<hoard>(fcinfo);
  if (state == nullptr) PG_RETURN_NULL();
  PG_RETURN_INT64(state->sum());
}
JOURNEY_PARALLEL_AGGREGATE(hoard, hoard)

namespace {
struct countdown {
  static constexpr int columns = 1;
  countdown(std::pmr::memory_resource*, int from) : left(from) {}
  bool next(Datum* values, bool*) {
    if (left == 0) return false;
    values[0] = Int32GetDatum(left--);
    return true;
  }
  int left;
};
}  // namespace

JOURNEY_FUNCTION(countdown) {
  return pg::each_row(fcinfo, {INT4OID}, [fcinfo](pg::row_series& series) {
    return &pg::make_in<countdown>(series.memory(), PG_GETARG_INT32(0));
  });
}

/// Sums the second column of a query of (text, int8 [, timestamptz]); a negative number throws.
JOURNEY_FUNCTION(read_query) {
  static constexpr pg::query_column columns[] = {
      {"name", TEXTOID}, {"number", INT8OID}, {"seen_at", TIMESTAMPTZOID, true}};
  std::string_view query = pg::text_argument(fcinfo, 0);
  std::int64_t sum = 0;
  pg::read_query(query, "numbers", columns, [&](const Datum* values, const bool* nulls) {
    if (nulls[1]) return;
    if (DatumGetInt64(values[1]) < 0) throw error("22003", "a negative number");
    sum += DatumGetInt64(values[1]);
  });
  PG_RETURN_INT64(sum);
}
