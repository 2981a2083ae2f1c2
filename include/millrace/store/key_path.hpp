// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::store {

/// Whether a name stands for an object or for the part of a key before a '/'.
enum class NameKind : unsigned char { object, directory };

/// The file name of one component of a key: what stands between two '/'.
///
/// Readable names stay as they are (`year=2022`, `rows_20221224.json`), so that other readers of a
/// lake's layout find them. The rest keeps every two components apart, whatever their bytes:
/// - every byte but [A-Za-z0-9._=+,@-] becomes %XX, and so does a leading dot;
/// - the empty component is `%_`;
/// - past 199 bytes the end is replaced by `%~` and the SHA-256 of the component;
/// - an object and a directory of one name both fit: a name with a dot and without '=' looks like
///   an object, any other like a directory, and one that looks like what it is not ends in '%'.
MILLRACE_EXPORT std::string to_name(std::string_view component, NameKind kind);

/// A name in the file system, read back.
struct Name {
  NameKind kind{};
  std::string component;  ///< the digest in hex when it was shortened
  bool shortened = false;
};
/// The inverse of to_name(); nothing for a name that to_name() never makes.
MILLRACE_EXPORT std::optional<Name> from_name(std::string_view name);

/// A component whose name could not hold it whole.
struct ShortenedComponent {
  std::string digest;
  std::string component;
};

/// Where a key's object lies below the root.
struct KeyPath {
  std::vector<std::string> directories;
  std::string file;
  std::vector<ShortenedComponent> shortened;
};
/// Maps a key. The path never leaves the root and no two keys share one.
/// Errors: invalid_input for an empty key; limit_exceeded past 1024 bytes, as S3 has it.
MILLRACE_EXPORT Result<KeyPath> to_path(std::string_view key);

/// The key between double quotes, controls and bytes past ASCII as \xNN, cut after 200 bytes: for
/// messages.
MILLRACE_EXPORT std::string quoted(std::string_view key);

}  // namespace millrace::store
