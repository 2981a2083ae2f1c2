// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/join_state.hpp"

namespace millrace::detail {

Result<JoinStateHeader> read_join_header(StateReader& in, Duration window_size) {
  JoinStateHeader header;
  if (auto done = Codec<std::uint8_t>::read(in, header.format); !done) return done.take_error();
  if (header.format != join_state_format)
    return Error(Errc::unsupported, "a join's state has format " + std::to_string(header.format) +
                                        ", this program reads " +
                                        std::to_string(join_state_format) +
                                        "; use the newer program");
  if (auto done = Codec<bool>::read_each(in, header.window_size, header.watermark, header.key,
                                         header.left, header.right);
      !done)
    return done.take_error();
  if (header.window_size != window_size.count())
    return Error(Errc::unsupported,
                 "the snapshot's windows are " + std::to_string(header.window_size) +
                     " us long, the step's " + std::to_string(window_size.count()) +
                     " us; give the changed step a new name");
  return header;
}

}  // namespace millrace::detail
