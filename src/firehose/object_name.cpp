// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/object_name.hpp"

#include "millrace/firehose/time_format.hpp"
#include "millrace/store/key_path.hpp"

namespace millrace::firehose {
namespace {

constexpr std::size_t stream_max = 64;
constexpr std::size_t extension_max = 128;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

Error refused(std::string what, std::string_view value, std::string_view why) {
  return {Errc::invalid_input, what + " " + store::quoted(value) + ": " + std::string(why)};
}

Result<void> check_extension(std::string_view extension) {
  if (extension.empty()) return {};
  if (extension.size() > extension_max)
    return refused("file extension", extension, "it has more than 128 characters");
  if (extension.front() != '.' || extension.size() == 1)
    return refused("file extension", extension, "it must be empty, or a dot and what follows it");
  for (const char c : extension.substr(1))
    if (!(is_alphanumeric(c) && !(c >= 'A' && c <= 'Z')) && !is_one_of(c, "!-_.*'()"))
      return refused("file extension", extension, "only 0-9, a-z and !-_.*'() may follow its dot");
  return {};
}

}  // namespace

Result<void> check(const ObjectNaming& naming) {
  const std::string& stream = naming.stream;
  if (stream.empty() || stream.size() > stream_max)
    return refused("delivery stream", stream, "a name has 1 to 64 characters");
  for (const char c : stream)
    if (!is_alphanumeric(c) && !is_one_of(c, "_.-"))
      return refused("delivery stream", stream, "only a-z, A-Z, 0-9, _ . and - may be in a name");
  if (naming.version == 0)
    return refused("delivery stream", stream, "versions begin with 1, this one is 0");
  return naming.file_extension ? check_extension(*naming.file_extension) : Result<void>();
}

std::string_view extension_of(const ObjectNaming& naming) {
  if (naming.file_extension) return *naming.file_extension;
  return extension_of(naming.compression, naming.hadoop_extension);
}

std::string object_key(std::string_view prefix, const ObjectNaming& naming, Timestamp arrival,
                       const TimeZone& zone, std::string_view uuid) {
  static const TimePattern stamp = TimePattern::parse("-yyyy-MM-dd-HH-mm-ss-").value();
  std::string key(prefix);
  key.append(naming.stream).append("-").append(std::to_string(naming.version));
  stamp.append(arrival, zone, key);
  return key.append(uuid).append(extension_of(naming));
}

ObjectNaming for_errors(ObjectNaming naming) {
  naming.compression = Compression::uncompressed;
  naming.file_extension.reset();
  return naming;
}

}  // namespace millrace::firehose
