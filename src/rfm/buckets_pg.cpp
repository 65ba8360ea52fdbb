// SQL entry points: rfm_bucket, rfm_bucket_at, rfm_quantiles.
#include "rfm/buckets.hpp"

#include <algorithm>
#include <cmath>

#include "pg/aggregate.hpp"
#include "pg/call_site.hpp"
#include "pg/datum.hpp"
#include "pg/window.hpp"
#include "rfm/arguments_pg.hpp"
#include "rfm/quantiles.hpp"

using namespace journey;

namespace {

/// What is known of a partition from its first row on; all 0 before.
struct ranking {
  std::int64_t begin, end;  // the rows that have a measure
  std::int64_t rank;        // of the row at hand among them, from 1
};

/// Cuts between buckets, and the order of their type.
class cut_points {
 public:
  explicit cut_points(std::pmr::memory_resource* memory)
      : context_(AllocSetContextCreate(pg::context_of(memory), "journey cuts", ALLOCSET_SMALL_SIZES)) {}

  /// Keeps copies of `cuts`, which must ascend.
  void read(ArrayType* cuts, Oid collation) {
    MemoryContextReset(context_);
    collation_ = collation;
    type_ = lookup_type_cache(ARR_ELEMTYPE(cuts), TYPECACHE_CMP_PROC_FINFO);
    if (!OidIsValid(type_->cmp_proc))
      throw error(sqlstate::datatype_mismatch,
                  std::string("measures of type ") + format_type_be(ARR_ELEMTYPE(cuts)) + " have no order");
    if (array_contains_nulls(cuts))
      throw error(sqlstate::null_value_not_allowed, "cuts must not contain a NULL");
    MemoryContext caller = MemoryContextSwitchTo(context_);
    auto* kept = static_cast<ArrayType*>(std::memcpy(palloc(VARSIZE(cuts)), cuts, VARSIZE(cuts)));
    deconstruct_array(kept, type_->type_id, type_->typlen, type_->typbyval, type_->typalign, &cuts_, nullptr,
                      &count_);
    MemoryContextSwitchTo(caller);
    for (int i = 1; i < count_; ++i) {
      check_interrupts();
      if (compare(cuts_[i - 1], cuts_[i]) > 0)
        throw error(
            sqlstate::invalid_parameter_value, "cuts must be in ascending order",
            "For scores that fall as the measure grows, subtract the bucket from the number of buckets + 1.");
    }
  }

  std::int32_t bucket(Datum measure) const {
    auto reached = [&](Datum cut) { return compare(cut, measure) <= 0; };
    return static_cast<std::int32_t>(std::partition_point(cuts_, cuts_ + count_, reached) - cuts_) + 1;
  }

 private:
  int compare(Datum left, Datum right) const {
    return DatumGetInt32(FunctionCall2Coll(&type_->cmp_proc_finfo, collation_, left, right));
  }

  MemoryContext context_;
  TypeCacheEntry* type_ = nullptr;
  Oid collation_ = InvalidOid;
  Datum* cuts_ = nullptr;
  int count_ = 0;
};

/// A transition of rfm_quantiles.
Datum add_measure(FunctionCallInfo fcinfo, double shift) {
  auto& state = pg::group_state<rfm::quantiles>(fcinfo);
  if (PG_ARGISNULL(2)) pg::null_argument("buckets");
  state.ask(PG_GETARG_INT32(2), shift);
  if (!PG_ARGISNULL(1)) {
    double measure = PG_GETARG_FLOAT8(1);
    if (!std::isfinite(measure))
      throw error(sqlstate::numeric_value_out_of_range, "measure must be a finite number", rfm::row_hint);
    state.add(measure);
  }
  PG_RETURN_POINTER(&state);
}

}  // namespace

JOURNEY_FUNCTION(rfm_bucket) {
  WindowObject window = PG_WINDOW_OBJECT();
  bool null;
  auto buckets = DatumGetInt32(WinGetFuncArgCurrent(window, 0, &null));
  if (null) pg::null_argument("buckets");
  rfm::check_buckets(buckets);
  auto* known = static_cast<ranking*>(WinGetPartitionLocalMemory(window, sizeof(ranking)));
  std::int64_t position = WinGetCurrentPosition(window);
  if (position == 0) {
    auto [begin, end] = pg::ordered_partition(fcinfo).not_null();
    *known = {begin, end, 0};
  }
  bool ranked = position >= known->begin && position < known->end;
  if (ranked && (position == known->begin || !WinRowsArePeers(window, position - 1, position)))
    known->rank = position - known->begin + 1;
  WinSetMarkPosition(window, position);
  if (!ranked) PG_RETURN_NULL();
  PG_RETURN_INT32(rfm::bucket(known->rank, known->end - known->begin, buckets));
}

/// Buckets only grow along the window's order, unless it begins with NULLs; and no frame matters to them.
JOURNEY_FUNCTION(rfm_bucket_support) {
  auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
  if (IsA(request, SupportRequestWFuncMonotonic)) {
    auto* monotonic = reinterpret_cast<SupportRequestWFuncMonotonic*>(request);
    List* order = monotonic->window_clause->orderClause;
    bool nulls_first = order != NIL && linitial_node(SortGroupClause, order)->nulls_first;
    if (nulls_first || !IsA(linitial(monotonic->window_func->args), Const)) PG_RETURN_POINTER(nullptr);
    monotonic->monotonic = MONOTONICFUNC_INCREASING;
    PG_RETURN_POINTER(request);
  }
#if PG_VERSION_NUM >= 160000
  if (IsA(request, SupportRequestOptimizeWindowClause)) {
    reinterpret_cast<SupportRequestOptimizeWindowClause*>(request)->frameOptions =
        FRAMEOPTION_NONDEFAULT | FRAMEOPTION_ROWS | FRAMEOPTION_START_UNBOUNDED_PRECEDING |
        FRAMEOPTION_END_CURRENT_ROW;
    PG_RETURN_POINTER(request);
  }
#endif
  PG_RETURN_POINTER(nullptr);
}

JOURNEY_FUNCTION(rfm_bucket_at) {
  Datum cuts = PG_GETARG_DATUM(1);
  std::string_view bytes = pg::argument_bytes(cuts);
  const cut_points& points = pg::call_site<pg::argument_cache<cut_points>>(fcinfo).of(
      bytes, [&](cut_points& read) { read.read(DatumGetArrayTypeP(cuts), PG_GET_COLLATION()); });
  PG_RETURN_INT32(points.bucket(PG_GETARG_DATUM(0)));
}

JOURNEY_FUNCTION(rfm_quantiles_add) { return add_measure(fcinfo, 0); }
JOURNEY_FUNCTION(rfm_quantiles_shift_add) {
  if (PG_ARGISNULL(3)) pg::null_argument("shift");
  return add_measure(fcinfo, PG_GETARG_FLOAT8(3));
}
JOURNEY_FUNCTION(rfm_quantiles_final) {
  auto* state = pg::state_argument<rfm::quantiles>(fcinfo);
  if (state == nullptr || state->empty()) PG_RETURN_NULL();
  std::pmr::vector<double> cuts = state->cuts(pg::call_memory());
  static_assert(FLOAT8PASSBYVAL, "doubles are Datums");
  PG_RETURN_ARRAYTYPE_P(construct_array(reinterpret_cast<Datum*>(cuts.data()), static_cast<int>(cuts.size()),
                                        FLOAT8OID, sizeof(double), true, TYPALIGN_DOUBLE));
}
JOURNEY_PARALLEL_AGGREGATE(rfm_quantiles, rfm::quantiles)
