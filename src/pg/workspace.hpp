// Memory of one call, for functions that return all their rows at once.
#pragma once

#include <exception>

#include "pg/memory.hpp"

namespace journey::pg {

/// Freed at the end of the call, or by the server after an error. To be declared before all that lives in it.
class workspace {
 public:
  /// The server keeps the pointer `name`.
  explicit workspace(const char* name)
      : context_(AllocSetContextCreateInternal(CurrentMemoryContext, name, ALLOCSET_DEFAULT_SIZES)),
        memory_(context_) {}
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;
  ~workspace() {
    // A server error on its way may have been copied here.
    if (std::uncaught_exceptions() == 0) MemoryContextDelete(context_);
  }
  MemoryContext context() const { return context_; }
  std::pmr::memory_resource* memory() { return &memory_; }

 private:
  MemoryContext context_;
  context_resource memory_;
};

}  // namespace journey::pg
