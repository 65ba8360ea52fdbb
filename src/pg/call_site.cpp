#include "pg/call_site.hpp"

namespace journey::pg {

bool is_constant(FunctionCallInfo fcinfo, int position) {
  const Node* call = fcinfo->flinfo->fn_expr;
  if (call == nullptr || !IsA(call, FuncExpr)) return false;
  const List* arguments = reinterpret_cast<const FuncExpr*>(call)->args;
  return position < list_length(arguments) && IsA(list_nth(arguments, position), Const);
}

}  // namespace journey::pg
