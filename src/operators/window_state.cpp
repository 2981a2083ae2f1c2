// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_state.hpp"

namespace millrace::detail {
namespace {

/// In 1 there were no schemas.
Result<void> read_format1(StateReader& in, WindowStateHeader& header, const WindowFormat1& own) {
  std::uint32_t state_size = 0;
  if (auto done = Codec<bool>::read_each(in, header.window_size, state_size, header.watermark);
      !done)
    return done;
  if (state_size != own.state_size)
    return Error(Errc::unsupported, "the snapshot's aggregation keeps " +
                                        std::to_string(state_size) + " bytes a key, the step's " +
                                        std::to_string(own.state_size) +
                                        "; give the changed step a new name");
  header.key = own.key;
  header.state = own.state;
  return {};
}

/// Of windows that overlap, how often one begins.
std::string every(std::int64_t size, std::int64_t slide) {
  return slide == size ? std::string() : " (every " + std::to_string(slide) + " us)";
}

}  // namespace

Result<WindowStateHeader> read_window_header(StateReader& in, const WindowGrid& grid,
                                             const WindowFormat1& format1) {
  WindowStateHeader header;
  if (auto done = Codec<std::uint8_t>::read(in, header.format); !done) return done.take_error();
  if (header.format == 0 || header.format > window_state_format)
    return Error(Errc::unsupported, "a window's state has format " + std::to_string(header.format) +
                                        ", this program reads 1 to " +
                                        std::to_string(window_state_format) +
                                        "; use the newer program");
  auto done = header.format == 1 ? read_format1(in, header, format1)
                                 : Codec<bool>::read_each(in, header.window_size, header.watermark,
                                                          header.key, header.state);
  if (!done) return done.take_error();
  std::int64_t slide = header.window_size;
  if (header.format > tumbling_window_format)
    if (done = Codec<std::int64_t>::read(in, slide); !done) return done.take_error();
  if (header.window_size != grid.size.count() || slide != grid.slide.count())
    return Error(Errc::unsupported, "the snapshot's windows are " +
                                        std::to_string(header.window_size) + " us long" +
                                        every(header.window_size, slide) + ", the step's " +
                                        std::to_string(grid.size.count()) + " us" +
                                        every(grid.size.count(), grid.slide.count()) +
                                        "; give the changed step a new name");
  return header;
}

Error merged_keys(const std::string& before, const std::string& now) {
  return {
      Errc::unsupported,
      "the key was written as " + before + ", this program has " + now +
          ": two keys of a window have become one, and an aggregation can't merge their states; "
          "keep the field that told them apart, or give the changed step a new name"};
}

}  // namespace millrace::detail
