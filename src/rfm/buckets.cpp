#include "rfm/buckets.hpp"

#include "base/error.hpp"

namespace journey::rfm {

void check_buckets(std::int32_t buckets) {
  if (buckets < 1)
    throw error(sqlstate::invalid_parameter_value, "buckets must be at least 1: " + std::to_string(buckets));
  if (buckets > most_buckets)
    throw error(sqlstate::program_limit_exceeded,
                "buckets must be at most " + std::to_string(most_buckets) + ": " + std::to_string(buckets));
}

}  // namespace journey::rfm
