// SPDX-License-Identifier: BSL-1.0
#include "firehose/staged_objects.hpp"

namespace millrace::firehose {
namespace {

constexpr std::string_view format = "delivery objects 1";

}  // namespace

std::string StagedObjects::encode() const {
  std::string bytes;
  file::Packer to(bytes);
  to.text(format).number(checkpoint).number(objects.size());
  for (const StagedObject& each : objects) {
    to.number(each.lane).text(each.error_type).text(each.name).text(each.uuid);
    to.number(static_cast<std::uint64_t>(each.compression));
    each.spool.pack(to);
  }
  return bytes;
}

Result<StagedObjects> StagedObjects::decode(std::string_view bytes) {
  StagedObjects staged;
  file::Unpacker from(bytes);
  const bool known = from.text() == format;
  staged.checkpoint = from.number();
  staged.objects.resize(from.count());
  for (StagedObject& each : staged.objects) {
    each.lane = from.number();
    each.error_type = from.text();
    each.name = from.text();
    each.uuid = from.text();
    each.compression = static_cast<Compression>(from.number());
    each.spool = file::SpoolMark::unpack(from);
  }
  if (!known || !from.done())
    return Error(Errc::invalid_input,
                 "delivery: the committable is not one of this sink's; was the step's sink changed "
                 "since the checkpoint?");
  return staged;
}

}  // namespace millrace::firehose
