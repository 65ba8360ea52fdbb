// What the server's own errors say beside their message.
#pragma once

#include "pg/postgres.hpp"

namespace journey::pg {

/// Runs `body`; `callback(argument)` may add to any error that arises in it, such as a hint. No destructor:
/// an error goes by, and the server puts its stack of callbacks in order itself.
template <class Body>
auto in_context(void (*callback)(void*), const char* argument, Body body) {
  ErrorContextCallback context{error_context_stack, callback, const_cast<char*>(argument)};
  error_context_stack = &context;
  auto result = body();
  error_context_stack = context.previous;
  return result;
}

}  // namespace journey::pg
