// PostgreSQL called from C++: its errors become exceptions, so that frames between here and the entry unwind.
#pragma once

#include <type_traits>

#include "pg/entry.hpp"

namespace journey::pg {

/// Runs `body` and turns a PostgreSQL error in it into a `server_error`. Needed only where objects whose
/// destructors matter are alive; `body` itself must hold none. Costs a sigsetjmp: keep it out of per-row
/// loops.
template <class Body>
auto call(Body body) {
  using result = std::invoke_result_t<Body>;
  MemoryContext context = CurrentMemoryContext;
  ErrorData* volatile caught = nullptr;
  alignas(8) char
      room[std::is_void_v<result> ? 1 : sizeof(std::conditional_t<std::is_void_v<result>, char, result>)];
  static_assert(std::is_void_v<result> || std::is_trivially_copyable_v<result>);
  PG_TRY();
  {
    if constexpr (std::is_void_v<result>)
      body();
    else
      new (room) result(body());
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    caught = CopyErrorData();
    FlushErrorState();
  }
  PG_END_TRY();
  if (caught != nullptr) throw server_error(caught);
  if constexpr (!std::is_void_v<result>) return *std::launder(reinterpret_cast<result*>(room));
}

}  // namespace journey::pg
