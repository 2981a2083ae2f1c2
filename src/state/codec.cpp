// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/codec.hpp"

namespace millrace {

Error StateReader::corrupted(std::string_view what) const {
  return Error(Errc::corrupted, "state, byte " + std::to_string(whole_ - bytes_.size()) + " of " +
                                    std::to_string(whole_) + ": " + std::string(what) +
                                    "; start from an older snapshot");
}

Error StateReader::short_of(std::size_t n) const {
  return corrupted("it ends within a value that has " + std::to_string(n) + " more bytes");
}

}  // namespace millrace
