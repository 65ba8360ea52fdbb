// The one door to the server's headers, and the one place for differences between its versions.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "nodes/supportnodes.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/plancache.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "windowapi.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

// The server's macros that would rewrite C++ names.
#undef Min
#undef Max
#undef StrNCpy
#undef bind
#undef fprintf
#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext
#undef printf
#undef snprintf
#undef sprintf
#undef strerror
#undef strerror_r
#undef vfprintf
#undef vprintf
#undef vsnprintf
#undef vsprintf

#if PG_VERSION_NUM < 160000  // from 16 on a range can be checked without an error
#define make_range(type, lower, upper, empty, soft_errors) make_range(type, lower, upper, empty)
#endif

#if PG_VERSION_NUM < 150000
#error "journey needs PostgreSQL 15 or later"
#endif

namespace journey::pg {

/// A walk over a tree of nodes: `step(node, context)` returns true to end it. Up to version 15 the server
/// left the arguments out of the step's type.
using tree_step = bool (*)(Node* node, void* context);
#if PG_VERSION_NUM >= 160000
inline tree_step as_walker(tree_step step) { return step; }
#else
inline auto as_walker(tree_step step) {
  return reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(step));
}
#endif
inline bool walk_below(Node* node, tree_step step, void* context) {
  return expression_tree_walker(node, as_walker(step), context);
}
inline bool walk_query(Query* query, tree_step step, void* context) {
  return query_tree_walker(query, as_walker(step), context, 0);
}

}  // namespace journey::pg
