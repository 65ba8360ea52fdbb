// The entry guard: the only way from SQL into C++ and back.
#pragma once

#include "base/error.hpp"
#include "pg/postgres.hpp"

namespace journey::pg {

/// A PostgreSQL error on its way through C++ frames; see `call`.
class server_error : public std::exception {
 public:
  explicit server_error(ErrorData* data) : data_(data) {}
  ErrorData* data() const noexcept { return data_; }
  const char* what() const noexcept override { return data_->message; }

 private:
  ErrorData* data_;
};

/// What was caught, in plain memory: it outlives the exception, and a jump over it loses nothing.
struct failure {
  ErrorData* server;
  char state[6];
  char message[1024];
  char detail[1024];
  char hint[512];

  /// Fills in from the exception in flight; only to be called inside a catch block.
  void capture() noexcept;
  /// Raises it as a PostgreSQL error; only to be called outside any catch block.
  [[noreturn]] void raise() const;
};

/// Runs `body` so that nothing it throws passes: every exception becomes a PostgreSQL error, raised only
/// after the exception is gone (raised inside the catch block, each one would leak). The server's error
/// handling is put back as it was, should the exception have left through a PG_TRY.
template <class Body>
auto guarded(Body body) {
  failure caught;
  MemoryContext context = CurrentMemoryContext;
  sigjmp_buf* handler = PG_exception_stack;
  ErrorContextCallback* callbacks = error_context_stack;
  try {
    return body();
  } catch (...) {
    caught.capture();
  }
  MemoryContextSwitchTo(context);
  PG_exception_stack = handler;
  error_context_stack = callbacks;
  caught.raise();
}

}  // namespace journey::pg

/// Defines the SQL-callable function `journey_<name>`; the block that follows is its guarded body.
#define JOURNEY_FUNCTION(name)                                             \
  static Datum name##_body(FunctionCallInfo fcinfo);                       \
  extern "C" {                                                             \
  PG_FUNCTION_INFO_V1(journey_##name);                                     \
  Datum journey_##name(FunctionCallInfo fcinfo) {                          \
    return journey::pg::guarded([fcinfo] { return name##_body(fcinfo); }); \
  }                                                                        \
  }                                                                        \
  static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
