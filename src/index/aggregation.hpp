// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/index_table.hpp"
#include "index/json_tree.hpp"

namespace millrace::index {

// What is asked of the documents that a query finds.
struct AggregationSpec {
  enum class Kind : unsigned char {
    terms,
    histogram,
    date_histogram,
    avg,
    min,
    max,
    sum,
    value_count,
    stats,
    percentiles,
  };
  enum class Calendar : unsigned char { none, week, month, quarter, year };
  struct Order {
    std::string by;  // _count, _key or a metric below
    bool descending = true;
  };

  std::string name;
  Kind kind = Kind::terms;
  std::string field;
  std::size_t slot = 0;  // of the field among a row's
  Type type = Type::keyword;
  std::int64_t size = 10;
  std::int64_t min_doc_count = 1;
  std::vector<Order> order;
  double interval = 0;  // milliseconds of a date histogram
  double offset = 0;
  Calendar calendar = Calendar::none;
  std::int64_t zone_ms = 0;
  std::vector<double> percents = {1, 5, 25, 50, 75, 95, 99};
  std::vector<AggregationSpec> below;

  bool is_bucket() const { return kind <= Kind::date_histogram; }
};

// A key of a bucket. Numbers before texts.
struct BucketKey {
  double number = 0;
  std::int64_t integer = 0;
  std::string text;
  bool is_integer = false;
  bool is_text = false;
  bool operator<(const BucketKey& other) const;
};

struct Bucket;

// What was counted for one aggregation, in one bucket of the one above.
struct Tally {
  std::int64_t count = 0;
  double sum = 0;
  double least = 0;
  double greatest = 0;
  std::vector<double> values;  // for percentiles
  std::map<BucketKey, Bucket> buckets;
};

struct Bucket {
  std::int64_t documents = 0;
  std::vector<Tally> below;
};

class Aggregations {
 public:
  // Errors: Failure (invalid_input) with OpenSearch's type and reason.
  Aggregations(const Json& aggs, const std::vector<IndexTable*>& tables);

  // "d.f1,NULL,d.f4": what a row of that index needs.
  std::string columns(const IndexTable& table) const;
  // Takes a row whose first columns are those.
  void take(const Statement& row);
  void write(JsonWriter& json) const;

 private:
  using Values = std::vector<Value>;
  void read(const Statement& row);
  void add(const std::vector<AggregationSpec>& specs, std::vector<Tally>& tallies);
  void add(const AggregationSpec& spec, Tally& tally);

  std::vector<std::string> fields_;  // by slot
  std::vector<AggregationSpec> specs_;
  std::vector<Tally> tallies_;
  std::vector<Values> row_;
  std::deque<Json> arrays_;
  std::size_t bucket_count_ = 0;
};

// aggregation_parse.cpp. Fields get their slots in `fields`.
std::vector<AggregationSpec> parse_aggregations(const Json& aggs,
                                                const std::vector<IndexTable*>& tables,
                                                std::vector<std::string>& fields, int depth);
// aggregation_write.cpp
void write_aggregations(JsonWriter& json, const std::vector<AggregationSpec>& specs,
                        const std::vector<Tally>& tallies);
// The beginning of the interval that `ms` lies in, and of the one after.
std::int64_t interval_begin(const AggregationSpec& spec, std::int64_t ms);
std::int64_t interval_after(const AggregationSpec& spec, std::int64_t begin);
double percentile(const std::vector<double>& sorted, double percent);

inline constexpr std::size_t buckets_max = 65'535;

}  // namespace millrace::index
