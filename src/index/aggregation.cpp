// SPDX-License-Identifier: BSL-1.0
#include "index/aggregation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "index/query.hpp"

namespace millrace::index {
namespace {

using Kind = AggregationSpec::Kind;

BucketKey key_of(const AggregationSpec& spec, const Value& value) {
  BucketKey key;
  if (value.kind == Value::Kind::text) {
    key.is_text = true;
    key.text = value.text;
  } else if (spec.kind == Kind::histogram) {
    key.number =
        std::floor((value.number() - spec.offset) / spec.interval) * spec.interval + spec.offset;
  } else if (value.kind == Value::Kind::integer) {
    key.is_integer = true;
    key.integer =
        spec.kind == Kind::date_histogram ? interval_begin(spec, value.integer) : value.integer;
    key.number = static_cast<double>(key.integer);
  } else {
    key.number = value.real;
  }
  return key;
}

void count_value(const AggregationSpec& spec, Tally& tally, const Value& value) {
  ++tally.count;
  if (value.kind == Value::Kind::text) return;
  const double number = value.number();
  tally.least = tally.count == 1 ? number : std::min(tally.least, number);
  tally.greatest = tally.count == 1 ? number : std::max(tally.greatest, number);
  tally.sum += number;
  if (spec.kind == Kind::percentiles) tally.values.push_back(number);
}

}  // namespace

bool BucketKey::operator<(const BucketKey& other) const {
  if (is_text != other.is_text) return other.is_text;
  if (is_text) return text < other.text;
  if (is_integer && other.is_integer) return integer < other.integer;
  return number < other.number;
}

Aggregations::Aggregations(const Json& aggs, const std::vector<IndexTable*>& tables)
    : specs_(parse_aggregations(aggs, tables, fields_, 1)) {
  tallies_.resize(specs_.size());
  row_.resize(fields_.size());
}

std::string Aggregations::columns(const IndexTable& table) const {
  std::string out;
  for (const std::string& path : fields_) {
    const Field* const field = table.mapping().find(path);
    out += out.empty() ? "" : ",";
    out += field && field->has_column() && field->number >= 0
               ? "d.f" + std::to_string(field->number)
               : "NULL";
  }
  return out.empty() ? "NULL" : out;
}

void Aggregations::read(const Statement& row) {
  arrays_.clear();
  for (std::size_t slot = 0; slot < row_.size(); ++slot) {
    Values& values = row_[slot];
    values.clear();
    const Value value = row.column(static_cast<int>(slot));
    if (value.kind == Value::Kind::null) continue;
    if (value.kind != Value::Kind::array) {
      values.push_back(value);
      continue;
    }
    arrays_.push_back(Json::parse(value.text).value());
    for (const Json& item : arrays_.back().items) {
      if (item.is_string())
        values.push_back(Value::of(std::string_view(item.text)));
      else if (item.text.find_first_of(".e") == std::string::npos)
        values.push_back(Value::of(item.integer().value_or(0)));
      else
        values.push_back(Value::of(item.number().value_or(0)));
    }
  }
}

void Aggregations::take(const Statement& row) {
  read(row);
  add(specs_, tallies_);
}

void Aggregations::add(const std::vector<AggregationSpec>& specs, std::vector<Tally>& tallies) {
  for (std::size_t i = 0; i < specs.size(); ++i) add(specs[i], tallies[i]);
}

void Aggregations::add(const AggregationSpec& spec, Tally& tally) {
  const Values& values = row_[spec.slot];
  if (!spec.is_bucket()) {
    for (const Value& value : values) count_value(spec, tally, value);
    return;
  }
  std::vector<const Bucket*> counted;  // a document counts once in a bucket
  for (const Value& value : values) {
    const auto [place, made] = tally.buckets.try_emplace(key_of(spec, value));
    if (made && ++bucket_count_ > 1'000'000)
      throw_query_error("too_many_buckets_exception",
                        "more than 1000000 buckets; narrow the query");
    Bucket& bucket = place->second;
    if (made) bucket.below.resize(spec.below.size());
    if (values.size() > 1) {
      if (std::find(counted.begin(), counted.end(), &bucket) != counted.end()) continue;
      counted.push_back(&bucket);
    }
    ++bucket.documents;
    add(spec.below, bucket.below);
  }
}

void Aggregations::write(JsonWriter& json) const { write_aggregations(json, specs_, tallies_); }

std::int64_t interval_begin(const AggregationSpec& spec, std::int64_t ms) {
  using namespace std::chrono;
  const auto offset = static_cast<std::int64_t>(spec.offset);
  const sys_time<milliseconds> local{milliseconds(ms + spec.zone_ms - offset)};
  const sys_days day = floor<days>(local);
  const year_month_day date(day);
  sys_days begin = day;
  switch (spec.calendar) {
    case AggregationSpec::Calendar::none: {
      const auto width = static_cast<std::int64_t>(spec.interval);
      const std::int64_t since = local.time_since_epoch().count();
      const std::int64_t rest = (since % width + width) % width;
      return since - rest - spec.zone_ms + offset;
    }
    case AggregationSpec::Calendar::week:
      begin = day - (weekday(day) - Monday);
      break;
    case AggregationSpec::Calendar::month:
      begin = sys_days(date.year() / date.month() / 1);
      break;
    case AggregationSpec::Calendar::quarter:
      begin = sys_days(date.year() / month((unsigned{date.month()} - 1) / 3 * 3 + 1) / 1);
      break;
    case AggregationSpec::Calendar::year:
      begin = sys_days(date.year() / January / 1);
      break;
  }
  return duration_cast<milliseconds>(begin.time_since_epoch()).count() - spec.zone_ms + offset;
}

std::int64_t interval_after(const AggregationSpec& spec, std::int64_t begin) {
  constexpr std::int64_t day_ms = 86'400'000;
  switch (spec.calendar) {
    case AggregationSpec::Calendar::none:
      return begin + static_cast<std::int64_t>(spec.interval);
    case AggregationSpec::Calendar::week:
      return begin + 7 * day_ms;
    case AggregationSpec::Calendar::month:
      return interval_begin(spec, begin + 31 * day_ms);
    case AggregationSpec::Calendar::quarter:
      return interval_begin(spec, begin + 95 * day_ms);
    case AggregationSpec::Calendar::year:
      return interval_begin(spec, begin + 366 * day_ms);
  }
  return begin;
}

double percentile(const std::vector<double>& sorted, double percent) {
  const double rank = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (rank - static_cast<double>(low));
}

}  // namespace millrace::index
