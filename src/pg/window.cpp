#include "pg/window.hpp"

#include "base/interrupts.hpp"

namespace journey::pg {
namespace {

/// How a window function's view of the window begins in every version of the server so far.
struct window_object {
  NodeTag tag;
  WindowAggState* state;
};

/// The first position from `begin` to `end` at which `holds`, which holds from there on.
template <class Holds>
std::int64_t first_that(std::int64_t begin, std::int64_t end, Holds holds) {
  while (begin < end) {
    check_interrupts();
    std::int64_t middle = begin + (end - begin) / 2;
    if (holds(middle))
      end = middle;
    else
      begin = middle + 1;
  }
  return begin;
}

}  // namespace

ordered_partition::ordered_partition(FunctionCallInfo fcinfo) : window_(PG_WINDOW_OBJECT()) {
  if (!WindowObjectIsValid(window_))
    throw error(sqlstate::windowing_error, "window function called outside a window");
  state_ = reinterpret_cast<window_object*>(window_)->state;
  if (!IsA(state_, WindowAggState) || !IsA(state_->ss.ps.plan, WindowAgg))
    throw error(sqlstate::internal_error, "the window is not where this version of the server keeps it");
  rows_ = WinGetPartitionRowCount(window_);
  auto* plan = reinterpret_cast<WindowAgg*>(state_->ss.ps.plan);
  if (plan->ordNumCols > 0) column_ = plan->ordColIdx[0];
}

bool ordered_partition::is_null(std::int64_t position) const {
  if (column_ == 0) return false;
  // Reading an argument brings the row here. The server counts from either end, in numbers of 32 bits.
  bool is_null, is_out;
  bool from_head = position <= INT_MAX;
  WinGetFuncArgInPartition(window_, 0, static_cast<int>(from_head ? position : position - (rows_ - 1)),
                           from_head ? WINDOW_SEEK_HEAD : WINDOW_SEEK_TAIL, false, &is_null, &is_out);
  if (is_out) throw error(sqlstate::internal_error, "a row is outside its partition");
  return slot_attisnull(state_->ss.ps.ps_ExprContext->ecxt_outertuple, column_);
}

ordered_partition::stretch ordered_partition::not_null() const {
  bool nulls_first = is_null(0), nulls_last = is_null(rows_ - 1);
  if (nulls_first && nulls_last) return {rows_, rows_};
  if (nulls_first) return {first_that(1, rows_ - 1, [&](auto at) { return !is_null(at); }), rows_};
  if (nulls_last) return {0, first_that(1, rows_ - 1, [&](auto at) { return is_null(at); })};
  return {0, rows_};
}

}  // namespace journey::pg
