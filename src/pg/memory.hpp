// C++ containers in PostgreSQL's memory contexts.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <new>
#include <utility>

#include "pg/postgres.hpp"

namespace journey::pg {

/// A memory context as the allocator of `std::pmr` containers: every byte counts against `work_mem`, goes
/// with the context, and no destructor has to run. Throws `std::bad_alloc`; never raises a PostgreSQL error.
class context_resource final : public std::pmr::memory_resource {
 public:
  explicit context_resource(MemoryContext context) : context_(context) {}
  MemoryContext context() const { return context_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    std::size_t slack = alignment <= MAXIMUM_ALIGNOF ? 0 : alignment;
    void* memory = nullptr;
    if (bytes <= MaxAllocHugeSize - slack)
      memory = MemoryContextAllocExtended(context_, bytes + slack, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
    if (memory == nullptr) throw std::bad_alloc();
    if (slack == 0) return memory;
    // Moved up to the next multiple, at least by the room for where it began.
    auto begin = reinterpret_cast<std::uintptr_t>(memory);
    auto* aligned = reinterpret_cast<void**>((begin / alignment + 1) * alignment);
    aligned[-1] = memory;
    return aligned;
  }
  void do_deallocate(void* memory, std::size_t, std::size_t alignment) override {
    pfree(alignment <= MAXIMUM_ALIGNOF ? memory : static_cast<void**>(memory)[-1]);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  MemoryContext context_;
};

/// Makes a `T(std::pmr::memory_resource*, arguments...)` that lives, with all it allocates, in `context`.
/// It is never destroyed: the context takes it along.
template <class T, class... Arguments>
T& make_in(MemoryContext context, Arguments&&... arguments) {
  struct housed {
    context_resource memory;
    alignas(T) char room[sizeof(T)];
  };
  static_assert(alignof(housed) <= MAXIMUM_ALIGNOF);
  auto* house = static_cast<housed*>(MemoryContextAllocExtended(context, sizeof(housed), MCXT_ALLOC_NO_OOM));
  if (house == nullptr) throw std::bad_alloc();
  auto* memory = new (&house->memory) context_resource(context);
  return *new (house->room) T(memory, std::forward<Arguments>(arguments)...);
}

/// The memory context behind what `make_in` hands to constructors.
inline MemoryContext context_of(std::pmr::memory_resource* memory) {
  return static_cast<context_resource*>(memory)->context();
}

/// An allocator for the call at hand. What it gives lives as long as the current memory context.
inline std::pmr::memory_resource* call_memory() {
  return new (palloc(sizeof(context_resource))) context_resource(CurrentMemoryContext);
}

}  // namespace journey::pg
