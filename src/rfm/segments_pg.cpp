// SQL entry points: rfm_segment, by the standard matrix and by those of journey.rfm_matrix.
#include "rfm/segments.hpp"

#include "base/hash_map.hpp"
#include "pg/call_site.hpp"
#include "pg/datum.hpp"
#include "pg/query.hpp"
#include "pg/rule_tables.hpp"

using namespace journey;

namespace {

/// The rows of a matrix as the statement at hand sees them, as a matrix that lives in `context`.
const rfm::matrix& read_matrix(MemoryContext context, Datum name) {
  static constexpr pg::query_column columns[] = {{"recency", INT4OID},
                                                 {"frequency", INT4OID},
                                                 {"monetary_from", INT4OID},
                                                 {"monetary_end", INT4OID},
                                                 {"segment", TEXTOID}};
  const pg::query_parameter parameters[] = {{TEXTOID, name}};
  auto& rows = pg::make_in<std::pmr::vector<rfm::matrix_row>>(context);
  auto& texts = pg::make_in<std::pmr::vector<std::pmr::string>>(context);
  pg::read_query(
      "SELECT recency, frequency, pg_catalog.lower(monetary), pg_catalog.upper(monetary), segment"
      " FROM journey.rfm_matrix WHERE matrix OPERATOR(pg_catalog.=) $1",
      "matrix", columns,
      [&](const Datum* values, const bool* nulls) {
        rfm::matrix_row row{.recency = DatumGetInt32(values[0]), .frequency = DatumGetInt32(values[1])};
        if (!nulls[2]) row.monetary_from = std::max(1, DatumGetInt32(values[2]));
        if (!nulls[3]) row.monetary_to = DatumGetInt32(values[3]) - 1;
        texts.emplace_back(pg::text_view(values[4]));
        rows.push_back(row);
      },
      parameters);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].segment = texts[i];
  return pg::make_in<rfm::matrix>(context, pg::text_view(name), std::span<const rfm::matrix_row>(rows));
}

/// The matrices that a call site has read, each again once any has changed.
class known_matrices {
 public:
  explicit known_matrices(std::pmr::memory_resource* memory)
      : context_(AllocSetContextCreate(pg::context_of(memory), "journey matrices", ALLOCSET_SMALL_SIZES)) {}

  const rfm::matrix& named(Datum name) {
    if (version_.changed() || matrices_ == nullptr) {
      matrices_ = nullptr;
      MemoryContextReset(context_);
      matrices_ = &pg::make_in<by_name>(context_);
    }
    std::string_view wanted = pg::text_view(name);
    if (auto known = matrices_->find(wanted); known != matrices_->end()) return *known->second;
    const rfm::matrix& read = read_matrix(context_, name);
    matrices_->emplace(read.name(), &read);
    return read;
  }

 private:
  using by_name = hash_map<std::string_view, const rfm::matrix*>;

  MemoryContext context_;
  pg::rule_version version_;
  by_name* matrices_ = nullptr;
};

/// The matrix in argument `position`, checked against the number of buckets in the next, if that is known.
const rfm::matrix& matrix_argument(FunctionCallInfo fcinfo, int position) {
  const rfm::matrix& matrix = pg::call_site<known_matrices>(fcinfo).named(PG_GETARG_DATUM(position));
  if (!PG_ARGISNULL(position + 1)) matrix.check_buckets(PG_GETARG_INT32(position + 1));
  return matrix;
}

}  // namespace

JOURNEY_FUNCTION(rfm_segment) {
  return pg::text_datum(rfm::segment(PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_INT32(2)));
}

JOURNEY_FUNCTION(rfm_segment_by_two) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2)) PG_RETURN_NULL();
  return pg::text_datum(matrix_argument(fcinfo, 2).segment(PG_GETARG_INT32(0), PG_GETARG_INT32(1)));
}

JOURNEY_FUNCTION(rfm_segment_by_three) {
  if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3)) PG_RETURN_NULL();
  return pg::text_datum(
      matrix_argument(fcinfo, 3).segment(PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_INT32(2)));
}
