// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>

#include "index/aggregation.hpp"
#include "index/query.hpp"

namespace millrace::index {
namespace {

using Kind = AggregationSpec::Kind;
using Calendar = AggregationSpec::Calendar;

constexpr int depth_max = 4;
constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t day_ms = 86'400'000;

struct Known {
  std::string_view name;
  Kind kind;
  std::string_view parameters;  // between blanks
};
constexpr std::array<Known, 10> kinds = {{
    {"terms", Kind::terms, " field size order min_doc_count shard_size show_term_doc_count_error "},
    {"histogram", Kind::histogram, " field interval offset min_doc_count keyed "},
    {"date_histogram", Kind::date_histogram,
     " field interval fixed_interval calendar_interval offset min_doc_count time_zone keyed "
     "format "},
    {"avg", Kind::avg, " field "},
    {"min", Kind::min, " field "},
    {"max", Kind::max, " field "},
    {"sum", Kind::sum, " field "},
    {"value_count", Kind::value_count, " field "},
    {"stats", Kind::stats, " field "},
    {"percentiles", Kind::percentiles, " field percents keyed "},
}};

[[noreturn]] void bad(const AggregationSpec& spec, std::string_view reason) {
  throw_query_error("illegal_argument_exception",
                    "aggregation [" + spec.name + "]: " + std::string(reason));
}

// "30s", "12h", "1d" in milliseconds; 0 when it is none.
std::int64_t fixed_ms(std::string_view text) {
  std::int64_t number = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && i < 9; ++i)
    number = number * 10 + (text[i] - '0');
  const std::string_view unit = text.substr(i);
  if (i == 0) return 0;
  if (unit == "ms") return number;
  if (unit == "s") return number * second_ms;
  if (unit == "m") return number * 60 * second_ms;
  if (unit == "h") return number * 3600 * second_ms;
  if (unit == "d") return number * day_ms;
  return 0;
}

bool read_calendar(std::string_view text, AggregationSpec& spec) {
  struct Unit {
    std::string_view name;
    std::string_view brief;
    Calendar calendar;
    std::int64_t ms;
  };
  constexpr std::array<Unit, 8> units = {{
      {"second", "1s", Calendar::none, second_ms},
      {"minute", "1m", Calendar::none, 60 * second_ms},
      {"hour", "1h", Calendar::none, 3600 * second_ms},
      {"day", "1d", Calendar::none, day_ms},
      {"week", "1w", Calendar::week, 7 * day_ms},
      {"month", "1M", Calendar::month, 0},
      {"quarter", "1q", Calendar::quarter, 0},
      {"year", "1y", Calendar::year, 0},
  }};
  for (const Unit& unit : units)
    if (text == unit.name || text == unit.brief) {
      spec.calendar = unit.calendar;
      spec.interval = static_cast<double>(unit.ms);
      return true;
    }
  return false;
}

// "+01:00"; named zones would need their rules.
std::int64_t zone_ms(const AggregationSpec& spec, std::string_view text) {
  if (text == "UTC" || text == "Z") return 0;
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !digit(1) ||
      !digit(2) || !digit(4) || !digit(5))
    bad(spec, "time_zone must be UTC or +hh:mm here, not [" + std::string(text) + "]");
  const std::int64_t minutes =
      ((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0';
  return (text[0] == '-' ? -minutes : minutes) * 60 * second_ms;
}

void read_order(const Json& order, AggregationSpec& spec) {
  const auto take = [&](const Json& object) {
    for (const auto& [by, direction] : object.members) {
      std::string path = by;
      if (path.ends_with(".value")) path.resize(path.size() - 6);
      const bool known =
          path == "_count" || path == "_key" ||
          std::any_of(spec.below.begin(), spec.below.end(), [&](const AggregationSpec& below) {
            return below.name == path && !below.is_bucket() && below.kind != Kind::percentiles &&
                   below.kind != Kind::stats;
          });
      if (!known) bad(spec, "Invalid aggregation order path [" + by + "]");
      spec.order.push_back({path, direction.text == "desc"});
    }
  };
  if (order.is_array())
    for (const Json& each : order.items) take(each);
  else
    take(order);
}

void read_intervals(const Json& body, AggregationSpec& spec) {
  if (spec.kind == Kind::histogram) {
    const Json* const interval = body.find("interval");
    spec.interval = interval ? interval->number().value_or(0) : 0;
    if (!(spec.interval > 0)) bad(spec, "[interval] must be >0 for histogram aggregation");
    if (const Json* const offset = body.find("offset")) spec.offset = offset->number().value_or(0);
    return;
  }
  const Json* const fixed = body.find("fixed_interval");
  const Json* const calendar = body.find("calendar_interval");
  const Json* const either = body.find("interval");
  if (fixed && calendar) bad(spec, "Cannot use [fixed_interval] with [calendar_interval]");
  const Json* const given = fixed ? fixed : calendar ? calendar : either;
  if (!given) bad(spec, "Required one of fields [interval, calendar_interval, fixed_interval]");
  const bool good = (given != fixed && read_calendar(given->text, spec)) ||
                    (given != calendar && fixed_ms(given->text) > 0);
  if (!good) bad(spec, "The supplied interval [" + given->scalar() + "] could not be parsed");
  if (spec.interval == 0 && spec.calendar == Calendar::none)
    spec.interval = static_cast<double>(fixed_ms(given->text));
  if (const Json* const zone = body.find("time_zone")) spec.zone_ms = zone_ms(spec, zone->text);
  if (const Json* const offset = body.find("offset")) {
    const bool minus = offset->text.starts_with('-');
    const std::string_view text =
        std::string_view(offset->text).substr(minus || offset->text.starts_with('+') ? 1 : 0);
    spec.offset = static_cast<double>(fixed_ms(text)) * (minus ? -1 : 1);
  }
}

void read_parameters(const Json& body, AggregationSpec& spec) {
  if (const Json* const keyed = body.find("keyed"))
    if (keyed->truth != (spec.kind == Kind::percentiles)) bad(spec, "[keyed] can't be chosen here");
  if (const Json* const format = body.find("format"))
    if (format->text != "strict_date_optional_time")
      bad(spec, "[format] must be strict_date_optional_time here");
  if (const Json* const size = body.find("size")) {
    spec.size = size->integer().value_or(0);
    if (spec.size <= 0) bad(spec, "[size] must be greater than 0");
  }
  if (spec.kind == Kind::histogram || spec.kind == Kind::date_histogram) {
    spec.min_doc_count = 0;
    read_intervals(body, spec);
  }
  if (const Json* const least = body.find("min_doc_count")) {
    spec.min_doc_count = least->integer().value_or(-1);
    if (spec.min_doc_count < 0) bad(spec, "[min_doc_count] must be greater than or equal to 0");
    if (spec.kind == Kind::terms)
      spec.min_doc_count = std::max<std::int64_t>(1, spec.min_doc_count);
  }
  if (const Json* const order = body.find("order")) read_order(*order, spec);
  if (const Json* const percents = body.find("percents")) {
    spec.percents.clear();
    for (const Json& each : percents->items) {
      const auto percent = each.number();
      if (!percent || *percent < 0 || *percent > 100)
        bad(spec, "percent must be in [0,100], got [" + each.scalar() + "]");
      spec.percents.push_back(*percent);
    }
  }
}

void find_field(const Json& body, const std::vector<IndexTable*>& tables,
                std::vector<std::string>& fields, AggregationSpec& spec, std::string_view kind) {
  const Json* const path = body.find("field");
  if (!path || !path->is_string()) bad(spec, "a [field] is needed; scripts are not supported");
  spec.field = path->text;
  for (const IndexTable* table : tables) {
    const Field* const field = table->mapping().find(spec.field);
    if (!field) continue;
    spec.type = field->type;
    if (field->type == Type::text)
      bad(spec,
          "Text fields are not optimised for operations that require per-document field data like "
          "aggregations and sorting, so these operations are disabled by default. Please use a "
          "keyword field instead: [" +
              spec.field + "]");
    const bool numeric =
        field->is_number() || field->type == Type::boolean || field->type == Type::date;
    const bool any = spec.kind == Kind::terms || spec.kind == Kind::value_count;
    const bool good =
        field->has_column() &&
        (any || (numeric && (spec.kind != Kind::date_histogram || field->type == Type::date)));
    if (!good)
      bad(spec, "Field [" + spec.field + "] of type [" + field->wire_type +
                    "] is not supported for aggregation [" + std::string(kind) + "]");
    break;
  }
  const auto found = std::find(fields.begin(), fields.end(), spec.field);
  spec.slot = static_cast<std::size_t>(found - fields.begin());
  if (found == fields.end()) fields.push_back(spec.field);
}

}  // namespace

std::vector<AggregationSpec> parse_aggregations(const Json& aggs,
                                                const std::vector<IndexTable*>& tables,
                                                std::vector<std::string>& fields, int depth) {
  if (depth > depth_max)
    throw_query_error("illegal_argument_exception", "aggregations are nested deeper than 4 levels");
  std::vector<AggregationSpec> specs;
  for (const auto& [name, definition] : aggs.members) {
    AggregationSpec spec;
    spec.name = name;
    const Known* known = nullptr;
    const Json* body = nullptr;
    for (const auto& [key, value] : definition.members) {
      if (key == "aggs" || key == "aggregations") {
        spec.below = parse_aggregations(value, tables, fields, depth + 1);
        continue;
      }
      if (key == "meta") continue;
      const auto* const found =
          std::find_if(kinds.begin(), kinds.end(), [&](const Known& k) { return k.name == key; });
      if (found == kinds.end())
        throw_query_error("parsing_exception", "Unknown aggregation type [" + key + "]");
      if (known) bad(spec, "Found two aggregation type definitions");
      known = found;
      body = &value;
    }
    if (!known) bad(spec, "Missing definition for aggregation");
    spec.kind = known->kind;
    for (const auto& [parameter, value] : body->members)
      if (known->parameters.find(' ' + parameter + ' ') == std::string_view::npos)
        throw_query_error("x_content_parse_exception",
                          "[" + std::string(known->name) + "] unknown field [" + parameter + "]");
    if (!spec.is_bucket() && !spec.below.empty())
      bad(spec, "metric aggregations cannot accept sub-aggregations");
    find_field(*body, tables, fields, spec, known->name);
    read_parameters(*body, spec);
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace millrace::index
