// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/catalog/infer.hpp"
#include "millrace/core/arena.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::catalog {

/// Widens one type by many JSON texts.
class JsonInference {
 public:
  JsonInference(const InferOptions& options, const Type& type)
      : options_(options), members_(count(type)) {}
  /// Contract: `text` is valid JSON. Errors: limit_exceeded.
  Result<void> add(std::string_view text, Type& type);

 private:
  bool value(json::Cursor& in, Type& type);
  bool object(json::Cursor& in, Type& type);
  bool array(json::Cursor& in, Type& type);
  Member* member(json::Cursor& in, std::vector<Member>& members, std::string_view key,
                 std::size_t& guess);
  static std::uint64_t count(const Type& type);

  const InferOptions& options_;
  ArenaPool arenas_;
  TextWriter text_{arenas_};
  std::uint64_t members_;
  bool full_ = false;
};

}  // namespace millrace::catalog
