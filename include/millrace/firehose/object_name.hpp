// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/firehose/compression.hpp"
#include "millrace/firehose/time_zone.hpp"

namespace millrace::firehose {

/// What delivered objects' names are made of, beside prefix and instant.
struct ObjectNaming {
  std::string stream = "delivery";  ///< 1 to 64 of [a-zA-Z0-9_.-]
  std::uint32_t version = 1;        ///< grows with each change of the stream's configuration
  Compression compression = Compression::uncompressed;
  HadoopExtension hadoop_extension = HadoopExtension::snappy;
  /// When given, it takes the place of the compression's extension, also when it is empty.
  std::optional<std::string> file_extension = {};
};

/// Errors: invalid_input for a stream's name outside [a-zA-Z0-9_.-], of none or more than 64
/// characters, version 0, or a file extension that is not `.` and then [0-9a-z!\-_.*'()]+ of at
/// most 128 characters.
MILLRACE_EXPORT Result<void> check(const ObjectNaming& naming);

/// The objects' extension with its dot; may be empty.
MILLRACE_EXPORT std::string_view extension_of(const ObjectNaming& naming);

/// `<prefix><stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>`. The instant and zone are
/// those of the prefix; `uuid` is in lower case, store::make_uuid()'s. Error objects have no
/// extension: pass a naming without compression and without file_extension.
MILLRACE_EXPORT std::string object_key(std::string_view prefix, const ObjectNaming& naming,
                                       Timestamp arrival, const TimeZone& zone,
                                       std::string_view uuid);

/// `naming` as error objects have it: neither compressed nor with an extension.
MILLRACE_EXPORT ObjectNaming for_errors(ObjectNaming naming);

}  // namespace millrace::firehose
