// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace::store {

/// What is known of an object.
struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  Timestamp modified{};
  /// Hex MD5 of the contents, or of the parts' MD5s with "-<parts>"; compare it as it is. Without
  /// S3's quotes. Empty in a listing, which does not read the objects: ask head().
  std::string etag = {};
};

/// What a put does when the key is taken.
enum class IfExists : unsigned char {
  replace,
  refuse,  ///< S3's If-None-Match: *
};

/// A condition on what is there, checked and acted on as one step against all other writers.
struct PutOptions {
  IfExists if_exists = IfExists::replace;
  std::string if_match = {};  ///< when not empty: replaces only the object with this ETag
};

/// A part of an object; the end is cut to the object's.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = std::numeric_limits<std::uint64_t>::max();
  bool from_end = false;

  /// The last `length` bytes.
  static ByteRange last(std::uint64_t length) { return {0, length, true}; }
  bool whole() const {
    return offset == 0 && !from_end && length == std::numeric_limits<std::uint64_t>::max();
  }
};

struct ListOptions {
  std::string prefix = {};
  /// Keys that hold this after the prefix are shown once, as a common prefix. Often "/".
  std::string delimiter = {};
  std::uint32_t max_keys = 1000;
  std::string token = {};  ///< ListPage::next_token of the page before
};

/// A page of a listing in the order of the keys' bytes.
struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> common_prefixes;
  std::string next_token;  ///< empty on the last page
};

/// A multipart upload that was begun and neither completed nor aborted.
struct Upload {
  std::string id;
  std::string key;
  bool operator==(const Upload&) const = default;
};

/// One uploaded part, as complete() wants it back.
struct Part {
  std::uint32_t number = 0;
  std::string etag;
  bool operator==(const Part&) const = default;
};

}  // namespace millrace::store
