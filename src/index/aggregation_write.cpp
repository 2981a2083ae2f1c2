// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <limits>

#include "index/aggregation.hpp"
#include "index/convert.hpp"
#include "index/query.hpp"

namespace millrace::index {
namespace {

using Kind = AggregationSpec::Kind;

double metric(const AggregationSpec& spec, const Tally& tally) {
  if (spec.kind == Kind::sum) return tally.sum;
  if (spec.kind == Kind::value_count) return static_cast<double>(tally.count);
  if (tally.count == 0) return std::numeric_limits<double>::quiet_NaN();
  if (spec.kind == Kind::min) return tally.least;
  if (spec.kind == Kind::max) return tally.greatest;
  return tally.sum / static_cast<double>(tally.count);
}

void write_metric(JsonWriter& json, const AggregationSpec& spec, const Tally& tally) {
  json.key(spec.name).open('{');
  if (spec.kind == Kind::value_count) {
    json.key("value").integer(tally.count);
  } else if (spec.kind == Kind::percentiles) {
    std::vector<double> sorted = tally.values;
    std::sort(sorted.begin(), sorted.end());
    json.key("values").open('{');
    for (const double percent : spec.percents) {
      std::string name;
      write_json_double(name, percent);
      json.key(name);
      if (sorted.empty())
        json.raw("null");
      else
        json.real(percentile(sorted, percent));
    }
    json.close('}');
  } else if (spec.kind == Kind::stats) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const bool any = tally.count > 0;
    json.key("count").integer(tally.count);
    json.key("min").real(any ? tally.least : none).key("max").real(any ? tally.greatest : none);
    json.key("avg").real(any ? tally.sum / static_cast<double>(tally.count) : none);
    json.key("sum").real(tally.sum);
  } else {
    const double value = metric(spec, tally);
    json.key("value").real(value);
    if (spec.type == Type::date && tally.count > 0 && spec.kind != Kind::sum)
      json.key("value_as_string").string(format_date_ms(static_cast<std::int64_t>(value)));
  }
  json.close('}');
}

void write_key(JsonWriter& json, const AggregationSpec& spec, const BucketKey& key) {
  if (key.is_text) {
    json.key("key").string(key.text);
  } else if (!key.is_integer) {
    json.key("key").real(key.number);
  } else {
    if (spec.type == Type::date)
      json.key("key_as_string").string(format_date_ms(key.integer));
    else if (spec.type == Type::boolean)
      json.key("key_as_string").string(key.integer != 0 ? "true" : "false");
    json.key("key").integer(key.integer);
  }
}

void write_bucket(JsonWriter& json, const AggregationSpec& spec, const BucketKey& key,
                  const Bucket& bucket) {
  json.open('{');
  write_key(json, spec, key);
  json.key("doc_count").integer(bucket.documents);
  write_aggregations(json, spec.below, bucket.below);
  json.close('}');
}

using Entry = std::map<BucketKey, Bucket>::const_iterator;

// Negative when a comes first.
int compare(const AggregationSpec& spec, const AggregationSpec::Order& order, Entry a, Entry b) {
  const auto three_way = [](double x, double y) { return x < y ? -1 : x > y ? 1 : 0; };
  int result = 0;
  if (order.by == "_key") {
    result = a->first < b->first ? -1 : b->first < a->first ? 1 : 0;
  } else if (order.by == "_count") {
    result = three_way(static_cast<double>(a->second.documents),
                       static_cast<double>(b->second.documents));
  } else {
    for (std::size_t i = 0; i < spec.below.size(); ++i)
      if (spec.below[i].name == order.by) {
        const double x = metric(spec.below[i], a->second.below[i]);
        const double y = metric(spec.below[i], b->second.below[i]);
        // What has no value comes last either way.
        if (x != x || y != y) return x != x ? (y != y ? 0 : 1) : -1;
        result = three_way(x, y);
      }
  }
  return order.descending ? -result : result;
}

void write_terms(JsonWriter& json, const AggregationSpec& spec, const Tally& tally) {
  std::vector<AggregationSpec::Order> orders = spec.order;
  if (orders.empty()) orders.push_back({"_count", true});
  orders.push_back({"_key", false});
  std::vector<Entry> entries;
  std::int64_t others = 0;
  for (auto it = tally.buckets.begin(); it != tally.buckets.end(); ++it)
    if (it->second.documents >= spec.min_doc_count) entries.push_back(it);
  std::sort(entries.begin(), entries.end(), [&](Entry a, Entry b) {
    for (const auto& order : orders)
      if (const int result = compare(spec, order, a, b); result != 0) return result < 0;
    return false;
  });
  const auto shown = std::min(entries.size(), static_cast<std::size_t>(spec.size));
  for (std::size_t i = shown; i < entries.size(); ++i) others += entries[i]->second.documents;
  json.key("doc_count_error_upper_bound").integer(0);
  json.key("sum_other_doc_count").integer(others).key("buckets").open('[');
  for (std::size_t i = 0; i < shown; ++i)
    write_bucket(json, spec, entries[i]->first, entries[i]->second);
  json.close(']');
}

// The key after `key`, as the next value's key would be computed.
BucketKey next_key(const AggregationSpec& spec, const BucketKey& key) {
  BucketKey next = key;
  if (spec.kind == Kind::date_histogram) {
    next.integer = interval_after(spec, key.integer);
    next.number = static_cast<double>(next.integer);
  } else {
    const double steps = (key.number - spec.offset) / spec.interval;
    next.number =
        (static_cast<double>(static_cast<std::int64_t>(steps + (steps < 0 ? -0.5 : 0.5))) + 1) *
            spec.interval +
        spec.offset;
  }
  return next;
}

void write_histogram(JsonWriter& json, const AggregationSpec& spec, const Tally& tally) {
  std::vector<std::pair<BucketKey, const Bucket*>> all;
  Bucket empty;
  empty.below.resize(spec.below.size());
  for (auto it = tally.buckets.begin(); it != tally.buckets.end(); ++it) {
    if (spec.min_doc_count == 0 && !all.empty())
      for (BucketKey key = next_key(spec, all.back().first); key < it->first;
           key = next_key(spec, key)) {
        all.emplace_back(key, &empty);
        if (all.size() > buckets_max)
          throw_query_error("too_many_buckets_exception",
                            "Trying to create too many buckets. Must be less than or equal to: "
                            "[65535]");
      }
    if (it->second.documents >= spec.min_doc_count) all.emplace_back(it->first, &it->second);
  }
  if (!spec.order.empty() && spec.order[0].descending && spec.order[0].by == "_key")
    std::reverse(all.begin(), all.end());
  json.key("buckets").open('[');
  for (const auto& [key, bucket] : all) write_bucket(json, spec, key, *bucket);
  json.close(']');
}

}  // namespace

void write_aggregations(JsonWriter& json, const std::vector<AggregationSpec>& specs,
                        const std::vector<Tally>& tallies) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].is_bucket()) {
      write_metric(json, specs[i], tallies[i]);
      continue;
    }
    json.key(specs[i].name).open('{');
    if (specs[i].kind == Kind::terms)
      write_terms(json, specs[i], tallies[i]);
    else
      write_histogram(json, specs[i], tallies[i]);
    json.close('}');
  }
}

}  // namespace millrace::index
