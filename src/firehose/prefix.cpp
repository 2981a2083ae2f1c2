// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/prefix.hpp"

#include <algorithm>

#include "millrace/store/key_path.hpp"

namespace millrace::firehose {
namespace {

using store::quoted;

constexpr std::string_view default_date = "yyyy/MM/dd/HH/";
constexpr std::size_t random_size = 11;

Error fault(std::size_t column, const std::string& why, Errc code = Errc::invalid_input) {
  return {code, "prefix, column " + std::to_string(column) + ": " + why};
}

void append_random(Rng& rng, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t i = 0; i < random_size; ++i) out += digits[rng.below(digits.size())];
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

}  // namespace

/// Reads an expression from front to back.
class Prefix::Parser {
 public:
  Parser(std::string_view expression, const PrefixOptions& options)
      : text_(expression), options_(options) {
    out_.parts_.clear();
    out_.expression_ = expression;
  }

  Result<Prefix> parse() {
    if (text_.size() > expression_max)
      return fault(expression_max + 1,
                   "a prefix has at most 1024 bytes, this one " + std::to_string(text_.size()),
                   Errc::limit_exceeded);
    for (std::size_t i = 0; i < text_.size();) {
      const std::size_t begin = std::min(text_.find("!{", i), text_.size());
      add_text(text_.substr(i, begin - i));
      if (begin == text_.size()) break;
      const std::size_t end = text_.find('}', begin);
      if (end == std::string_view::npos)
        return fault(begin + 1,
                     "the expression that begins here has no '}'; write "
                     "!{namespace:value}, and no \"!{\" elsewhere");
      if (auto good = add_expression(begin, end); !good) return good.take_error();
      i = end + 1;
    }
    return options_.kind == PrefixKind::error ? finish_error() : finish_delivery();
  }

 private:
  Result<void> add_expression(std::size_t begin, std::size_t end) {
    const std::string_view inside = text_.substr(begin + 2, end - begin - 2);
    const std::size_t colon = inside.find(':');
    const std::size_t column = begin + 3;
    if (colon == std::string_view::npos)
      return fault(column, "an expression is !{namespace:value}, here is " + quoted(inside));
    const std::string_view space = inside.substr(0, colon);
    const std::string_view value = inside.substr(colon + 1);
    const std::size_t value_column = column + colon + 1;
    if (!out_.has_expressions_) first_column_ = begin + 1;
    out_.has_expressions_ = true;
    if (value.empty())
      return fault(value_column, "a value is missing after " + std::string(space) + ":");
    if (space == "timestamp") return add_time(value, value_column);
    if (space == "firehose") return add_firehose(value, value_column);
    if (space == "partitionKeyFromQuery") return add_key(PartKind::query_key, value, value_column);
    if (space == "partitionKeyFromLambda")
      return add_key(PartKind::lambda_key, value, value_column);
    return fault(column, "unknown namespace " + quoted(space) +
                             "; there are timestamp, firehose, partitionKeyFromQuery and "
                             "partitionKeyFromLambda");
  }

  Result<void> add_time(std::string_view value, std::size_t column) {
    auto pattern = TimePattern::parse(value, column);
    if (!pattern) return Error(pattern.error().code(), "prefix: " + pattern.error().message());
    out_.parts_.push_back({PartKind::time, {}, std::move(pattern).value(), column});
    has_time_ = true;
    return {};
  }

  Result<void> add_firehose(std::string_view value, std::size_t column) {
    if (value == "random-string") return add(PartKind::random, {}, column);
    if (value != "error-output-type")
      return fault(column, "unknown value " + quoted(value) +
                               "; firehose: has random-string and error-output-type");
    if (options_.kind == PrefixKind::delivery)
      return fault(column, "error-output-type has a meaning in an error prefix only");
    has_error_type_ = true;
    return add(PartKind::error_type, {}, column);
  }

  Result<void> add_key(PartKind kind, std::string_view name, std::size_t column) {
    if (options_.kind == PrefixKind::error)
      return fault(column, "an error prefix can't use partition keys");
    if (options_.dynamic_partitioning == DynamicPartitioning::off)
      return fault(column, "partition key " + quoted(name) + " needs dynamic partitioning");
    const auto& known = options_.query_keys;
    if (kind == PartKind::query_key && known &&
        std::find(known->begin(), known->end(), name) == known->end())
      return fault(column, "the query gives no partition key " + quoted(name) +
                               "; it gives: " + listed(*known));
    return add(kind, name, column);
  }

  Result<void> add(PartKind kind, std::string_view text, std::size_t column) {
    out_.parts_.push_back({kind, std::string(text), {}, column});
    return {};
  }
  void add_text(std::string_view text) {
    if (!text.empty()) out_.parts_.push_back({PartKind::text, std::string(text), {}, 0});
  }
  void add_default_date() {
    out_.parts_.push_back({PartKind::time, {}, TimePattern::parse(default_date).value(), 0});
  }

  Result<Prefix> finish_delivery() {
    const bool wanted = !out_.has_expressions_ || options_.default_date == DefaultDate::append;
    if (!has_time_ && wanted && options_.dynamic_partitioning == DynamicPartitioning::off) {
      if (options_.date_separator == DateSeparator::slash && !text_.empty() &&
          !text_.ends_with('/'))
        add_text("/");
      add_default_date();
    }
    return std::move(out_);
  }

  Result<Prefix> finish_error() {
    if (out_.has_expressions_ && !has_error_type_)
      return fault(first_column_,
                   "an error prefix with expressions needs !{firehose:error-output-type}, too");
    if (!out_.has_expressions_) {
      (void)add(PartKind::error_type, {}, 0);
      add_text("/");
      add_default_date();
    }
    return std::move(out_);
  }

  std::string_view text_;
  const PrefixOptions& options_;
  Prefix out_;
  std::size_t first_column_ = 1;
  bool has_time_ = false;
  bool has_error_type_ = false;
};

Prefix::Prefix() : parts_{{PartKind::time, {}, TimePattern::parse(default_date).value(), 0}} {}

Result<Prefix> Prefix::parse(std::string_view expression, const PrefixOptions& options) {
  return Parser(expression, options).parse();
}

bool Prefix::uses_keys() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return part.kind == PartKind::query_key || part.kind == PartKind::lambda_key;
  });
}

namespace {

Result<std::string_view> look_up(const PartitionKeys* keys, KeyOrigin origin,
                                 const std::string& name, std::size_t column) {
  const std::string* const value = keys ? keys->find(origin, name) : nullptr;
  if (value && !value->empty()) return std::string_view(*value);
  return fault(column,
               "the record's partition key " + quoted(name) + (value ? " is empty" : " is missing"),
               Errc::not_found);
}

}  // namespace

Result<std::string> Prefix::expand(const PrefixValues& values) const {
  // The first second of all can't be rounded down.
  const Timestamp arrival = std::chrono::floor<std::chrono::seconds>(
      std::max(values.arrival, Timestamp::min() + std::chrono::seconds(1)));
  std::string out;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case PartKind::text:
        out += part.text;
        break;
      case PartKind::time:
        part.pattern.append(arrival, values.zone, out);
        break;
      case PartKind::random:
        append_random(values.rng, out);
        break;
      case PartKind::error_type:
        out += values.error_output_type;
        break;
      case PartKind::query_key:
      case PartKind::lambda_key: {
        const auto origin = part.kind == PartKind::query_key ? KeyOrigin::query : KeyOrigin::lambda;
        auto value = look_up(values.keys, origin, part.text, part.column);
        if (!value) return value.take_error();
        out += *value;
      }
    }
  }
  if (out.size() > expanded_max)
    return Error(Errc::limit_exceeded, "prefix " + quoted(expression_) + ": it became " +
                                           std::to_string(out.size()) +
                                           " bytes long; the limit is 512");
  return out;
}

Result<void> Prefix::append_partition(const PartitionKeys& keys, std::string& out) const {
  for (const Part& part : parts_) {
    if (part.kind != PartKind::query_key && part.kind != PartKind::lambda_key) continue;
    const auto origin = part.kind == PartKind::query_key ? KeyOrigin::query : KeyOrigin::lambda;
    auto value = look_up(&keys, origin, part.text, part.column);
    if (!value) return value.take_error();
    out.append(std::to_string(value->size())).append(":").append(*value);
  }
  return {};
}

Result<Prefixes> parse_prefixes(std::optional<std::string_view> delivery,
                                std::optional<std::string_view> error,
                                const PrefixOptions& options) {
  const auto named = [](const char* which, const Error& problem) {
    return Error(problem.code(), std::string(which) + " " + problem.message());
  };
  PrefixOptions of = options;
  of.kind = PrefixKind::delivery;
  auto first = Prefix::parse(delivery.value_or(""), of);
  if (!first) return named("delivery", first.error());
  if (!error && first->has_expressions())
    return named("delivery", fault(delivery->find("!{") + 1,
                                   "a prefix with expressions needs an error prefix beside it"));
  of.kind = PrefixKind::error;
  auto second = Prefix::parse(error.value_or(delivery.value_or("")), of);
  if (!second) return named("error", second.error());
  return Prefixes{std::move(first).value(), std::move(second).value()};
}

}  // namespace millrace::firehose
