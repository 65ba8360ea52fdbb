// The executor's side of a partition sort.
#include <cstring>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "pg/entry.hpp"
#include "pg/memory.hpp"
#include "planner/partition_sort_pg.hpp"
#include "planner/row_keys_pg.hpp"
#include "planner/row_table.hpp"
#include "planner/spill.hpp"

namespace journey::planner {
namespace {

/// Spilled rows: each is its hash and its tuple.
struct batch {
  BufFile* file = nullptr;
  batch_weight weight;
  hash_bits used = 0;

  std::uint64_t bytes_in_memory() const { return weight.bytes() + row_table::bytes_for(weight.rows()); }
};

const List* keys_of(const CustomScan* plan, int which) {
  return static_cast<const List*>(list_nth(plan->custom_private, which));
}

/// The work of one node. Its memory is the server's, so no destructor has to run.
class partition_sorter {
 public:
  partition_sorter(std::pmr::memory_resource* memory, CustomScanState* node)
      : node_(node),
        plan_(castNode(CustomScan, node->ss.ps.plan)),
        shape_(ExecGetResultType(child())),
        slot_(node->ss.ps.ps_ResultTupleSlot),
        context_(CurrentMemoryContext),
        call_context_(node->ss.ps.ps_ExprContext->ecxt_per_tuple_memory),
        contiguous_(memory, keys_of(plan_, 0), shape_),
        parted_(memory, keys_of(plan_, 1), shape_),
        order_(memory, keys_of(plan_, 2), shape_),
        memory_(get_hash_memory_limit()),
        tuples_(8192, memory),
        table_(memory),
        parts_(memory),
        waiting_(memory) {
    if (contiguous_.empty()) return;
    MemoryContext ours = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);  // slots outlive the node
    group_ = ExecInitExtraTupleSlot(node->ss.ps.state, shape_, &TTSOpsMinimalTuple);
    MemoryContextSwitchTo(ours);
  }

  TupleTableSlot* next() {
    for (;;) {
      if (place_ < partition_.size()) return shown(partition_[place_++].tuple);
      if (external_ != nullptr) {
        if (tuplesort_gettupleslot(external_, true, false, slot_, nullptr)) return slot_;
        end_external();
      }
      if (!next_partition() && !next_batch() && !next_group()) return ExecClearTuple(slot_);
    }
  }

  void rescan() {
    if (node_->ss.ps.chgParam != nullptr) UpdateChangedParamSet(child(), node_->ss.ps.chgParam);
    if (whole_ && child()->chgParam == nullptr) {
      forget_place();
      table_.rewind();
      return;
    }
    close();
    forget_rows();
    pending_ = nullptr;
    ended_ = whole_ = false;
    if (child()->chgParam == nullptr) ExecReScan(child());
  }

  /// Lets go of what is not memory.
  void close() {
    if (external_ != nullptr) end_external();
    for (auto* batches : {&parts_, &waiting_}) {
      for (const batch& each : *batches)
        if (each.file != nullptr) BufFileClose(each.file);
      batches->clear();
    }
  }

  void explain(ExplainState* out) const {
    const char* method = external_sorts_ > 0 ? "disk, external sort" : disk_ > 0 ? "disk" : "memory";
    ExplainPropertyText("Partition Method", method, out);
    if (!contiguous_.empty()) ExplainPropertyUInteger("Groups", nullptr, groups_, out);
    ExplainPropertyUInteger("Batches", nullptr, batches_, out);
    ExplainPropertyUInteger("Memory Usage", "kB", (peak_ + 1023) / 1024, out);
    if (disk_ > 0) ExplainPropertyUInteger("Disk Usage", "kB", (disk_ + 1023) / 1024, out);
  }

 private:
  PlanState* child() const { return static_cast<PlanState*>(linitial(node_->custom_ps)); }

  // Rows that go out

  TupleTableSlot* shown(void* tuple) {
    return ExecStoreMinimalTuple(static_cast<MinimalTuple>(tuple), slot_, false);
  }

  /// The next partition of the rows in memory, in order; false where there is none.
  bool next_partition() {
    if (run_.empty()) run_ = table_.next();
    if (run_.empty()) return false;
    for (const row& soon : table_.ahead(16)) {  // tuples lie anywhere
      __builtin_prefetch(soon.tuple);
      __builtin_prefetch(static_cast<char*>(soon.tuple) + 64);
    }
    std::size_t size = bring_forward(run_, table_.scratch(), [this](const row& left, const row& right) {
      return parted_.same(left, right);
    });
    partition_ = run_.first(size);
    run_ = run_.subspan(size);
    place_ = 0;
    if (!order_.empty())
      merge_sort(partition_, table_.scratch(), [this](const row& left, const row& right) {
        check_interrupts();
        return order_.before(left, right);
      });
    return true;
  }

  void forget_place() {
    ExecClearTuple(slot_);
    partition_ = run_ = {};
    place_ = 0;
  }

  void forget_rows() {
    forget_place();
    table_.clear();
    tuples_.release();
    tuple_bytes_ = 0;
  }

  // Rows that come in

  /// The rows of the next contiguous group, or all; false where there are none.
  bool next_group() {
    if (ended_) return false;
    forget_rows();
    bool any = false;
    for (;;) {
      TupleTableSlot* input = std::exchange(pending_, nullptr);
      if (input == nullptr) input = ExecProcNode(child());
      if (TupIsNull(input)) {
        ended_ = true;
        break;
      }
      if (!any && !contiguous_.empty()) ExecCopySlot(group_, input);
      if (any && !contiguous_.same(group_, input)) {
        pending_ = input;
        break;
      }
      any = true;
      take(input);
    }
    if (!any) return false;
    ++groups_;
    if (parts_.empty()) {
      whole_ = contiguous_.empty();
      gather();
    } else {
      end_parts();
    }
    return true;
  }

  void take(TupleTableSlot* input) {
    MemoryContextReset(call_context_);
    MemoryContext caller = MemoryContextSwitchTo(call_context_);
    std::uint32_t hash = parted_.hash(input);
    bool ours;
    MinimalTuple tuple = ExecFetchSlotMinimalTuple(input, &ours);
    MemoryContextSwitchTo(caller);

    if (parts_.empty() && bytes() + MAXALIGN(tuple->t_len) > memory_ && table_.size() > 0) spill();
    if (parts_.empty())
      add(hash, static_cast<MinimalTuple>(std::memcpy(new_tuple(tuple->t_len), tuple, tuple->t_len)));
    else
      write(hash, tuple);
  }

  MinimalTuple new_tuple(std::size_t size) {
    tuple_bytes_ += MAXALIGN(size);
    return static_cast<MinimalTuple>(tuples_.allocate(size, MAXIMUM_ALIGNOF));
  }

  void add(std::uint32_t hash, MinimalTuple tuple) {
    row added{0, tuple, hash};
    if (!order_.empty()) added.prefix = order_.prefix(added);
    table_.add(added);
  }

  /// All rows of a batch are in memory.
  void gather() {
    ++batches_;
    peak_ = std::max(peak_, bytes());
    table_.gather();
  }

  std::uint64_t bytes() const { return tuple_bytes_ + table_.bytes(); }

  // Rows that do not fit

  /// Moves the rows in memory to files, where all further ones will go, too.
  void spill() {
    peak_ = std::max(peak_, bytes());
    double expected =
        contiguous_.empty() ? plan_->scan.plan.plan_rows / static_cast<double>(table_.size()) : 0;
    begin_parts(0, static_cast<double>(bytes()) * std::max(expected, 2.0));
    for (const row& each : table_.rows()) write(each.hash, static_cast<MinimalTuple>(each.tuple));
    forget_rows();
    table_.release();
  }

  void begin_parts(hash_bits used, double bytes) {
    used_ = used;
    bits_ = parting_bits(bytes, memory_, BLCKSZ, used);
    parts_.resize(std::size_t{1} << bits_);
    for (batch& part : parts_) part.used = used_ + bits_;
  }

  void write(std::uint32_t hash, MinimalTuple tuple) {
    check_interrupts();
    batch& part = parts_[part_of(hash, used_, bits_)];
    if (part.file == nullptr) {
      MemoryContext caller = MemoryContextSwitchTo(context_);
      part.file = BufFileCreateTemp(false);
      MemoryContextSwitchTo(caller);
    }
    BufFileWrite(part.file, &hash, sizeof hash);
    BufFileWrite(part.file, tuple, tuple->t_len);
    part.weight.add(hash, MAXALIGN(tuple->t_len));
    disk_ += sizeof hash + tuple->t_len;
  }

  void end_parts() {
    for (const batch& part : parts_)
      if (part.file != nullptr) waiting_.push_back(part);
    parts_.clear();
  }

  /// Takes up the next batch of spilled rows; false where there is none.
  bool next_batch() {
    if (waiting_.empty()) return false;
    forget_rows();
    batch next = waiting_.back();
    waiting_.pop_back();
    switch (way_of(next.weight, next.bytes_in_memory(), memory_, next.used)) {
      case batch_way::memory:
        table_.reserve(next.weight.rows());
        read(next, [this](std::uint32_t hash, MinimalTuple tuple) {
          add(hash, tuple);
          return kept;
        });
        gather();
        break;
      case batch_way::split:
        begin_parts(next.used, static_cast<double>(next.bytes_in_memory()));
        read(next, [this](std::uint32_t hash, MinimalTuple tuple) {
          write(hash, tuple);
          return done_with;
        });
        end_parts();
        break;
      case batch_way::external_sort:
        begin_external();
        read(next, [this](std::uint32_t, MinimalTuple tuple) {
          tuplesort_puttupleslot(external_, shown(tuple));
          return done_with;
        });
        ExecClearTuple(slot_);
        tuplesort_performsort(external_);
        break;
    }
    return true;
  }

  enum fate { kept, done_with };

  /// Gives each row of a batch to `use(hash, tuple)`, and closes it.
  template <class Use>
  void read(const batch& from, Use use) {
    auto read = [&from](void* to, std::size_t size) {
      if (BufFileRead(from.file, to, size) != size)
        throw error(sqlstate::io_error, "could not read a temporary file of a partition sort");
    };
    if (BufFileSeek(from.file, 0, 0, SEEK_SET) != 0)
      throw error(sqlstate::io_error, "could not rewind a temporary file of a partition sort");
    MinimalTuple tuple = nullptr;
    std::size_t room = 0;
    for (std::uint64_t left = from.weight.rows(); left > 0; --left) {
      check_interrupts();
      std::uint32_t hash, size;
      read(&hash, sizeof hash);
      read(&size, sizeof size);
      if (tuple == nullptr || room < size) {
        tuple = new_tuple(size);
        room = size;
      }
      tuple->t_len = size;
      read(reinterpret_cast<char*>(tuple) + sizeof size, size - sizeof size);
      if (use(hash, tuple) == kept) tuple = nullptr;
    }
    BufFileClose(from.file);
  }

  // Rows of one hash that do not fit: the server's own sort, by all keys

  void begin_external() {
    ++batches_;
    ++external_sorts_;
    const List* parted = keys_of(plan_, 1);
    const List* ordered = keys_of(plan_, 2);
    int count = 0, most = list_length(parted) + list_length(ordered);
    MemoryContext caller = MemoryContextSwitchTo(context_);
    auto* columns = static_cast<AttrNumber*>(palloc(sizeof(AttrNumber) * most));
    auto* operators = static_cast<Oid*>(palloc(sizeof(Oid) * most));
    auto* collations = static_cast<Oid*>(palloc(sizeof(Oid) * most));
    auto* nulls_first = static_cast<bool*>(palloc(sizeof(bool) * most));
    for (const List* keys : {parted, ordered}) {
      for (const ListCell& cell : pg::cells(keys)) {
        sort_key key = to_key(lfirst(&cell));
        columns[count] = key.column;
        operators[count] = key.before;
        collations[count] = key.collation;
        nulls_first[count++] = key.nulls_first;
      }
    }
    external_ = tuplesort_begin_heap(shape_, count, columns, operators, collations, nulls_first, work_mem,
                                     nullptr, TUPLESORT_NONE);
    MemoryContextSwitchTo(caller);
  }

  void end_external() {
    TuplesortInstrumentation stats;
    tuplesort_get_stats(external_, &stats);
    if (stats.spaceType == SORT_SPACE_TYPE_DISK) disk_ += static_cast<std::uint64_t>(stats.spaceUsed) * 1024;
    ExecClearTuple(slot_);
    tuplesort_end(external_);
    external_ = nullptr;
  }

  CustomScanState* node_;
  const CustomScan* plan_;
  TupleDesc shape_;
  TupleTableSlot* slot_;
  TupleTableSlot* group_ = nullptr;  // a row of the contiguous group at hand
  MemoryContext context_;
  MemoryContext call_context_;
  part_columns contiguous_;
  part_columns parted_;
  row_order order_;
  std::size_t memory_;

  std::pmr::monotonic_buffer_resource tuples_;
  std::uint64_t tuple_bytes_ = 0;
  row_table table_;
  std::span<row> run_;        // rows of one hash whose partitions are still to come
  std::span<row> partition_;  // the one that is going out
  std::size_t place_ = 0;     // in it

  TupleTableSlot* pending_ = nullptr;  // the first row of the next group
  bool ended_ = false;                 // the input
  bool whole_ = false;                 // all of the input is in memory

  hash_bits used_ = 0, bits_ = 0;
  std::pmr::vector<batch> parts_;    // being written
  std::pmr::vector<batch> waiting_;  // to be read
  Tuplesortstate* external_ = nullptr;

  std::uint64_t groups_ = 0, batches_ = 0, external_sorts_ = 0, peak_ = 0, disk_ = 0;
};

// The server's view

struct sort_state {
  CustomScanState node;
  partition_sorter* sorter;
  MemoryContext context;
};

partition_sorter& sorter_of(CustomScanState* node) { return *reinterpret_cast<sort_state*>(node)->sorter; }

void begin(CustomScanState* node, EState* state, int flags) {
  pg::guarded([=] {
    auto* plan = castNode(CustomScan, node->ss.ps.plan);
    node->custom_ps =
        list_make1(ExecInitNode(static_cast<Plan*>(linitial(plan->custom_plans)), state, flags));
    ExecInitResultSlot(&node->ss.ps, &TTSOpsMinimalTuple);  // tuples go out as they are kept
    auto* ours = reinterpret_cast<sort_state*>(node);
    ours->context = AllocSetContextCreate(state->es_query_cxt, "partition sort", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(ours->context);
    ours->sorter = &pg::make_in<partition_sorter>(ours->context, node);
    MemoryContextSwitchTo(caller);
  });
}

TupleTableSlot* next(CustomScanState* node) {
  return pg::guarded([=] { return sorter_of(node).next(); });
}

void end(CustomScanState* node) {
  pg::guarded([=] { sorter_of(node).close(); });
  MemoryContextDelete(reinterpret_cast<sort_state*>(node)->context);
  ExecEndNode(static_cast<PlanState*>(linitial(node->custom_ps)));
}

void rescan(CustomScanState* node) {
  pg::guarded([=] { sorter_of(node).rescan(); });
}

/// A key as a user would write it.
char* written(const sort_key& key, bool in_order, Plan* plan, List* context, bool qualified) {
  const auto* entry = static_cast<const TargetEntry*>(list_nth(plan->targetlist, key.column - 1));
  auto* expression = reinterpret_cast<Node*>(entry->expr);
  StringInfoData text;
  initStringInfo(&text);
  appendStringInfoString(&text, deparse_expression(expression, context, qualified, true));
  if (OidIsValid(key.collation) && key.collation != get_typcollation(exprType(expression)))
    appendStringInfo(&text, " COLLATE %s", quote_identifier(get_collation_name(key.collation)));
  if (!in_order) return text.data;
  bool descending = pg::is_descending(key.before);
  if (descending) appendStringInfoString(&text, " DESC");
  if (key.nulls_first != descending)
    appendStringInfoString(&text, key.nulls_first ? " NULLS FIRST" : " NULLS LAST");
  return text.data;
}

void explain(CustomScanState* node, List* ancestors, ExplainState* out) {
  pg::guarded([=] {
    const auto* plan = castNode(CustomScan, node->ss.ps.plan);
    List* context = set_deparse_context_plan(out->deparse_cxt, node->ss.ps.plan, ancestors);
    bool qualified = list_length(out->rtable) > 1 || out->verbose;
    const char* labels[] = {"Presorted Key", "Partition Key", "Order Key"};
    for (int which = 0; which < 3; ++which) {
      List* texts = NIL;
      for (const ListCell& cell : pg::cells(keys_of(plan, which)))
        texts =
            lappend(texts, written(to_key(lfirst(&cell)), which == 2, node->ss.ps.plan, context, qualified));
      if (texts != NIL) ExplainPropertyList(labels[which], texts, out);
    }
    if (out->analyze) sorter_of(node).explain(out);
  });
}

Node* new_state(CustomScan*);

const CustomExecMethods exec_methods = {
    .CustomName = "Partition Sort",
    .BeginCustomScan = begin,
    .ExecCustomScan = next,
    .EndCustomScan = end,
    .ReScanCustomScan = rescan,
    .ExplainCustomScan = explain,
};
const CustomScanMethods scan_methods = {.CustomName = "Partition Sort", .CreateCustomScanState = new_state};

Node* new_state(CustomScan*) {
  auto* state = static_cast<sort_state*>(palloc0(sizeof(sort_state)));
  NodeSetTag(state, T_CustomScanState);
  state->node.methods = &exec_methods;
  return reinterpret_cast<Node*>(state);
}

/// The plan gives its child's rows as they are.
Plan* to_plan(PlannerInfo*, RelOptInfo*, CustomPath* path, List*, List*, List* children) {
  auto* plan = makeNode(CustomScan);
  const auto* child = static_cast<const Plan*>(linitial(children));
  const sort_keys& keys = reinterpret_cast<partition_sort_path*>(path)->keys;
  plan->scan.plan.targetlist = static_cast<List*>(copyObjectImpl(child->targetlist));
  plan->custom_scan_tlist = static_cast<List*>(copyObjectImpl(child->targetlist));
  plan->custom_plans = children;
  plan->custom_private = list_make3(keys.contiguous, keys.parted, keys.ordered);
  plan->methods = &scan_methods;
  return &plan->scan.plan;
}

const CustomPathMethods path_methods = {.CustomName = "Partition Sort", .PlanCustomPath = to_plan};

}  // namespace

List* to_list(const sort_key& key) {
  return list_make5_oid(static_cast<Oid>(key.column), key.equal, key.before, key.collation,
                        static_cast<Oid>(key.nulls_first));
}

sort_key to_key(const void* list) {
  const auto* oids = static_cast<const List*>(list);
  return {static_cast<AttrNumber>(list_nth_oid(oids, 0)), list_nth_oid(oids, 1), list_nth_oid(oids, 2),
          list_nth_oid(oids, 3), list_nth_oid(oids, 4) != 0};
}

partition_sort_path* new_partition_sort(RelOptInfo* parent, Path* input, const sort_keys& keys) {
  auto* path = static_cast<partition_sort_path*>(palloc0(sizeof(partition_sort_path)));
  NodeSetTag(path, T_CustomPath);
  Path& plain = path->custom.path;
  plain.pathtype = T_CustomScan;
  plain.parent = parent;
  plain.pathtarget = input->pathtarget;
  plain.parallel_safe = parent->consider_parallel && input->parallel_safe;
  plain.parallel_workers = input->parallel_workers;
  plain.rows = input->rows;
  path->custom.custom_paths = list_make1(input);
  path->custom.methods = &path_methods;
  path->keys = keys;
  return path;
}

const partition_sort_path* as_partition_sort(const Path* path) {
  if (!IsA(path, CustomPath) || reinterpret_cast<const CustomPath*>(path)->methods != &path_methods)
    return nullptr;
  return reinterpret_cast<const partition_sort_path*>(path);
}

void register_partition_sort() { RegisterCustomScanMethods(&scan_methods); }

}  // namespace journey::planner
