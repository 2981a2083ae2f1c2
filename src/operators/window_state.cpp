// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_state.hpp"

namespace millrace::detail {

Result<WindowStateHeader> read_window_header(StateReader& in, WindowStateHeader mine) {
  WindowStateHeader header;
  if (auto done = Codec<std::uint8_t>::read(in, header.format); !done) return done.take_error();
  if (header.format != mine.format)
    return Error(Errc::unsupported, "a window's state has format " + std::to_string(header.format) +
                                        ", this program reads " + std::to_string(mine.format) +
                                        "; use the newer program");
  if (auto done =
          Codec<bool>::read_each(in, header.window_size, header.state_size, header.watermark);
      !done)
    return done.take_error();
  if (header.window_size != mine.window_size)
    return Error(Errc::unsupported, "the snapshot's windows are " +
                                        std::to_string(header.window_size) +
                                        " us long, the step's " + std::to_string(mine.window_size) +
                                        " us; give the changed step a new name");
  if (header.state_size != mine.state_size)
    return Error(Errc::unsupported,
                 "the snapshot's aggregation keeps " + std::to_string(header.state_size) +
                     " bytes a key, the step's " + std::to_string(mine.state_size) +
                     "; give the changed step a new name");
  return header;
}

}  // namespace millrace::detail
