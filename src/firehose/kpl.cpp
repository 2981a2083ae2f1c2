// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "firehose/protobuf.hpp"
#include "millrace/firehose/deaggregate.hpp"

namespace millrace::firehose {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view magic = "\xF3\x89\x9A\xC2"sv;
constexpr std::size_t md5_size = 16;

/// AggregatedRecord's fields, and Record's.
namespace field {
constexpr std::uint64_t partition_keys = 1;
constexpr std::uint64_t hash_keys = 2;
constexpr std::uint64_t records = 3;
constexpr std::uint64_t partition_key_index = 1;
constexpr std::uint64_t hash_key_index = 2;
constexpr std::uint64_t data = 3;
constexpr std::uint64_t tags = 4;
constexpr std::uint64_t tag_key = 1;
constexpr std::uint64_t tag_value = 2;
}  // namespace field

using Field = ProtobufReader::Field;

bool is_bytes(const Field& in) { return in.type == WireType::bytes; }

/// A Tag has a key; nobody reads it.
bool check_tag(std::string_view message) {
  ProtobufReader reader(message);
  Field in;
  bool has_key = false;
  while (!reader.at_end()) {
    if (!reader.next(in)) return false;
    has_key |= in.number == field::tag_key && is_bytes(in);
    if ((in.number == field::tag_key || in.number == field::tag_value) && !is_bytes(in))
      return false;
  }
  return has_key;
}

struct RawRecord {
  std::optional<std::uint64_t> partition_key;
  std::optional<std::uint64_t> hash_key;
  std::optional<std::string_view> data;
};

/// False when the bytes are no Record: cut off, a field of another type, one missing.
bool read_record(std::string_view message, RawRecord& out) {
  ProtobufReader reader(message);
  Field in;
  while (!reader.at_end()) {
    if (!reader.next(in)) return false;
    const bool is_index =
        in.number == field::partition_key_index || in.number == field::hash_key_index;
    if (is_index && in.type != WireType::varint) return false;
    if ((in.number == field::data || in.number == field::tags) && !is_bytes(in)) return false;
    if (in.number == field::partition_key_index) out.partition_key = in.value;
    if (in.number == field::hash_key_index) out.hash_key = in.value;
    if (in.number == field::data) out.data = in.bytes;
    if (in.number == field::tags && !check_tag(in.bytes)) return false;
  }
  return out.partition_key && out.data;
}

std::string bytes_of(log::HashKey key) {
  std::string out;
  for (const std::uint64_t half : {key.high, key.low})
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(half >> shift);
  return out;
}

Error outside(std::size_t record, const char* which, std::uint64_t index, std::size_t size) {
  return {Errc::invalid_input, "KPL aggregate, record " + std::to_string(record) + ": " + which +
                                   " " + std::to_string(index) +
                                   " is not in the table, which has " + std::to_string(size)};
}

std::size_t index_of(std::vector<std::string_view>& table, std::string_view key) {
  const auto at = std::find(table.begin(), table.end(), key);
  if (at != table.end()) return static_cast<std::size_t>(at - table.begin());
  table.push_back(key);
  return table.size() - 1;
}

}  // namespace

Result<log::HashKey> hash_key_of(const KplRecord& record) {
  return record.explicit_hash_key ? log::parse_hash_key(*record.explicit_hash_key)
                                  : log::hash_of(record.partition_key);
}

Result<KplKind> KplAggregate::parse(std::string_view bytes) {
  partition_keys_.clear();
  hash_keys_.clear();
  records_.clear();
  if (!bytes.starts_with(magic) || bytes.size() <= magic.size() + md5_size) return KplKind::plain;
  const std::string_view message =
      bytes.substr(magic.size(), bytes.size() - magic.size() - md5_size);
  const auto digest = log::hash_of(message);
  if (!digest) return digest.error();
  if (!bytes.ends_with(bytes_of(*digest))) return KplKind::plain;

  // Tables may come after the records: first they alone, and whether all of it is a message.
  Field in;
  RawRecord raw;
  for (ProtobufReader reader(message); !reader.at_end();) {
    if (!reader.next(in)) return KplKind::plain;
    const bool known = in.number >= field::partition_keys && in.number <= field::records;
    if (known && !is_bytes(in)) return KplKind::plain;
    if (in.number == field::partition_keys) partition_keys_.push_back(in.bytes);
    if (in.number == field::hash_keys) hash_keys_.push_back(in.bytes);
    raw = {};
    if (in.number == field::records && !read_record(in.bytes, raw)) return KplKind::plain;
  }
  for (ProtobufReader reader(message); !reader.at_end() && reader.next(in);) {
    raw = {};
    if (in.number != field::records || !read_record(in.bytes, raw)) continue;
    if (*raw.partition_key >= partition_keys_.size())
      return outside(records_.size(), "partition key", *raw.partition_key, partition_keys_.size());
    if (raw.hash_key && *raw.hash_key >= hash_keys_.size())
      return outside(records_.size(), "explicit hash key", *raw.hash_key, hash_keys_.size());
    KplRecord record{.partition_key = partition_keys_[*raw.partition_key], .data = *raw.data};
    if (raw.hash_key) record.explicit_hash_key = hash_keys_[*raw.hash_key];
    records_.push_back(record);
  }
  return KplKind::aggregate;
}

Result<bool> KplAggregate::within(const log::HashRange& range) const {
  for (const KplRecord& record : records_) {
    const auto key = hash_key_of(record);
    if (!key) return key.error();
    if (*key < range.first || *key > range.last) return false;
  }
  return true;
}

Result<std::string> kpl_aggregate(std::span<const KplRecord> records) {
  std::vector<std::string_view> partition_keys;
  std::vector<std::string_view> hash_keys;
  std::string members;
  for (const KplRecord& record : records) {
    std::string inner;
    append_varint_field(field::partition_key_index, index_of(partition_keys, record.partition_key),
                        inner);
    if (record.explicit_hash_key)
      append_varint_field(field::hash_key_index, index_of(hash_keys, *record.explicit_hash_key),
                          inner);
    append_bytes_field(field::data, record.data, inner);
    append_bytes_field(field::records, inner, members);
  }
  std::string out(magic);
  for (const std::string_view key : partition_keys)
    append_bytes_field(field::partition_keys, key, out);
  for (const std::string_view key : hash_keys) append_bytes_field(field::hash_keys, key, out);
  out += members;
  const auto digest = log::hash_of(std::string_view(out).substr(magic.size()));
  if (!digest) return digest.error();
  return out + bytes_of(*digest);
}

}  // namespace millrace::firehose
