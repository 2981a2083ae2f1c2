// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/definition.hpp"

#include "index/json_tree.hpp"

namespace millrace::index::detail {

void append_property(std::string& out, std::string_view name, std::string_view type,
                     bool full_text) {
  write_json_string(out, name);
  if (full_text)
    out += R"(:{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}})";
  else
    (out += R"(:{"type":")") += std::string(type) + "\"}";
}

void append_object(std::string& out, std::string_view name) {
  write_json_string(out, name);
  out += R"(:{"properties":{)";
}

}  // namespace millrace::index::detail
