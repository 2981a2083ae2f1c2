// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <vector>

#include "command.hpp"
#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/csv_split.hpp"
#include "millrace/formats/csv_validate.hpp"
#include "millrace/formats/json.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

template <class T>
T in_file(const std::string& path, Result<T> result) {
  if (!result) throw Failure({result.error().code(), path + ": " + result.error().message()});
  return std::move(result).value();
}
void in_file(const std::string& path, Result<void> result) {
  if (!result) throw Failure({result.error().code(), path + ": " + result.error().message()});
}

// The text without the blanks that mean nothing. Contract: it is valid JSON.
std::string compact(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out += c;
    if (quoted && c == '\\')
      out += text[++i];
    else if (c == '"')
      quoted = !quoted;
  }
  return out;
}

void parse_json(const Arguments& arguments, Env& env) {
  const std::string& path = arguments.rest()[0];
  json::ValidateOptions options;
  if (const auto depth = arguments.number("--max-depth"))
    options.max_depth = static_cast<std::uint32_t>(std::min<std::uint64_t>(*depth, 4096));
  const std::string bytes = read_input(env, path);
  if (!arguments.has("--lines")) {
    in_file(path, json::validate(bytes, options));
    return print_line(compact(bytes));
  }
  in_file(path, json::validate_lines(bytes, options));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const std::string line = compact(rest.substr(0, end)); !line.empty()) print_line(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::string unquoted(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  std::string out;
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    out += field[i];
    if (field[i] == '"') ++i;  // the second of two
  }
  return out;
}

void print_record(const std::string& path, csv::RowScan& scan, TextWriter& text) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < scan.fields(); ++i) fields.push_back(unquoted(scan.field(i)));
  in_file(path, json::value().encode(fields, text));
  print_line(text.finish().view());
}

void parse_csv(const Arguments& arguments, Env& env) {
  const std::string& path = arguments.rest()[0];
  const std::string delimiter = arguments.value_or("--delimiter", ",");
  if (delimiter.size() != 1) throw UsageError("--delimiter needs one byte");
  const std::string bytes = read_input(env, path);
  in_file(path, csv::validate(bytes, delimiter[0]));
  csv::RecordSplitter splitter({.max_record = ByteSize{0xFFFF'FFFF}});
  csv::RowScan scan;
  ArenaPool arenas;
  TextWriter text(arenas);
  std::array<Text, 64> records;
  std::string_view rest = bytes;
  for (Split split; split.stop != Split::Stop::ended;) {
    split = splitter.split(rest, Input::ended, records);
    for (const Text& record : std::span(records).first(split.records))
      if (!record.empty() && scan.scan(record, delimiter[0])) print_record(path, scan, text);
    rest.remove_prefix(split.consumed);
  }
}

constexpr std::array json_options = {Option{"--lines"}, Option{"--max-depth", Takes::value}};
constexpr std::array csv_options = {Option{"--delimiter", Takes::value}};

constexpr std::array commands = {
    Command{
        "parse", "json", "checks JSON and prints it on one line", "[--lines] [--max-depth N] FILE",
        "Checks that FILE (- for stdin) is one JSON text, to the letter of RFC 8259, and prints\n"
        "it on one line. Otherwise the reason comes on stderr with line and column.\n\n"
        "  --lines         FILE holds a text a line (newline-delimited JSON)\n"
        "  --max-depth N   levels of objects and arrays, 128 by default, 4096 at most\n\n"
        "  millrace parse json config.json\n"
        "  millrace store get lake raw/rows.json | millrace parse json --lines -",
        json_options, 1, 1, parse_json},
    Command{
        "parse", "csv", "checks CSV and prints each record as a JSON array", "[--delimiter C] FILE",
        "Checks that FILE (- for stdin) is CSV, to the letter of RFC 4180, and prints each "
        "record\nas a JSON array of strings. Otherwise the reason comes on stderr with line and "
        "column.\n\n"
        "  --delimiter C   what separates the fields, a comma by default\n\n"
        "  millrace parse csv US_Accidents.csv | head -1\n"
        "  millrace parse csv --delimiter '|' bank.txt",
        csv_options, 1, 1, parse_csv},
};

}  // namespace

std::span<const Command> parse_commands() { return commands; }

}  // namespace millrace::tool
