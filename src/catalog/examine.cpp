// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/examine.hpp"

#include <algorithm>

#include "catalog/gunzip.hpp"
#include "catalog/texts.hpp"

namespace millrace::catalog {
namespace {

ObjectSchema unknown(std::string reason) { return {.notes = {std::move(reason)}}; }

ObjectSchema examine_text(std::string_view bytes, Extent extent, const ExamineOptions& options) {
  if (bytes.starts_with("PAR1")) {
    ObjectSchema schema{.classification = Classification::parquet};
    schema.record.kind = TypeKind::structure;
    schema.notes = {"columns of Parquet objects are not read; describe them"};
    return schema;
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const bool marked = bytes.starts_with(byte_order_mark);
  if (marked) bytes.remove_prefix(byte_order_mark.size());
  const std::size_t front = bytes.find_first_not_of(" \t\r\n");
  if (front == std::string_view::npos) return {};
  ObjectSchema schema = bytes[front] == '{' || bytes[front] == '['
                            ? examine_json(bytes, extent, options)
                            : examine_csv(bytes, extent, options);
  if (marked)
    schema.notes.emplace_back("it begins with a byte order mark, which readers take for data");
  return schema;
}

bool same_format(const ObjectSchema& a, const ObjectSchema& b) {
  return a.classification == b.classification &&
         (a.classification != Classification::csv || a.csv.delimiter == b.csv.delimiter);
}

std::size_t common_by_name(const std::vector<Member>& a, const std::vector<Member>& b) {
  std::size_t common = 0;
  std::size_t guess = 0;
  for (const Member& member : b) {
    if (guess >= a.size() || a[guess].key != member.key) {
      guess = 0;
      while (guess != a.size() && a[guess].key != member.key) ++guess;
    }
    if (guess != a.size() && compatible(a[guess].type, member.type)) ++common;
    ++guess;
  }
  return common;
}

std::size_t common_by_position(const ObjectSchema& a, const ObjectSchema& b) {
  const auto& left = a.record.members;
  const auto& right = b.record.members;
  const bool named = a.csv.header && b.csv.header;
  std::size_t common = 0;
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
    if ((!named || left[i].key == right[i].key) && compatible(left[i].type, right[i].type))
      ++common;
  return common;
}

void add_note(ObjectSchema& schema, std::string note) {
  if (std::find(schema.notes.begin(), schema.notes.end(), note) == schema.notes.end())
    schema.notes.push_back(std::move(note));
}

void merge_rows(ObjectSchema& into, const ObjectSchema& from) {
  auto& columns = into.record.members;
  const bool names = from.csv.header && !into.csv.header;
  for (std::size_t i = 0; i < from.record.members.size(); ++i) {
    const Member& column = from.record.members[i];
    if (i == columns.size()) {
      columns.push_back(column);
      continue;
    }
    merge(columns[i].type, column.type);
    if (names) columns[i].key = column.key;
  }
  if (into.csv.header != from.csv.header)
    add_note(into, "some objects have a header row, others have none");
  into.csv.header |= from.csv.header;
  into.csv.quoted |= from.csv.quoted;
}

}  // namespace

ObjectSchema examine(std::string_view bytes, Extent extent, const ExamineOptions& options) {
  const std::size_t sample = options.sample.bytes;
  if (bytes.size() > sample) {
    bytes = bytes.substr(0, sample);
    extent = Extent::beginning;
  }
  if (!is_gzip(bytes)) return examine_text(bytes, extent, options);
  Result<Unpacked> unpacked = gunzip(bytes, sample, extent == Extent::beginning);
  if (!unpacked) return unknown(unpacked.error().message());
  ObjectSchema schema =
      examine_text(unpacked->bytes, unpacked->more ? Extent::beginning : Extent::whole, options);
  schema.compression = Compression::gzip;
  return schema;
}

double similarity(const ObjectSchema& a, const ObjectSchema& b, Share share) {
  if (!same_format(a, b)) return 0;
  const std::size_t left = a.record.members.size();
  const std::size_t right = b.record.members.size();
  if (left == 0 || right == 0) return left == right || share == Share::of_smaller ? 1 : 0;
  const bool rows = a.classification == Classification::csv;
  const std::size_t common =
      rows ? common_by_position(a, b) : common_by_name(a.record.members, b.record.members);
  const std::size_t both = rows ? std::max(left, right) : left + right - common;
  return static_cast<double>(common) /
         static_cast<double>(share == Share::of_smaller ? std::min(left, right) : both);
}

void merge(ObjectSchema& into, const ObjectSchema& from) {
  if (into.classification == Classification::csv)
    merge_rows(into, from);
  else
    merge(into.record, from.record);
  if (into.compression != from.compression)
    add_note(into, "some objects are packed by gzip, others are not");
  into.records += from.records;
  into.bad_records += from.bad_records;
  for (const std::string& note : from.notes) add_note(into, note);
}

}  // namespace millrace::catalog
