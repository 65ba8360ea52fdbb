#include "pg/call_site.hpp"

namespace journey::pg {

bool is_constant(FunctionCallInfo fcinfo, int position) {
  const Node* call = fcinfo->flinfo->fn_expr;
  const List* arguments = nullptr;
  if (call != nullptr && IsA(call, FuncExpr)) arguments = reinterpret_cast<const FuncExpr*>(call)->args;
  if (call != nullptr && IsA(call, WindowFunc)) arguments = reinterpret_cast<const WindowFunc*>(call)->args;
  return position < list_length(arguments) && IsA(list_nth(arguments, position), Const);
}

}  // namespace journey::pg
