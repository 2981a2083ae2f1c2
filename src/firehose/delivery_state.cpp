// SPDX-License-Identifier: BSL-1.0
// What a checkpoint keeps of an exactly-once delivery: its open buffers and the records that wait
// for the transform.
#include <algorithm>

#include "firehose/delivery_impl.hpp"

namespace millrace::firehose {
namespace {

constexpr std::string_view format = "delivery state 1";

void pack(file::Packer& to, const PartitionKeys& keys) {
  to.number(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    to.number(static_cast<std::uint64_t>(keys[i].origin)).text(keys[i].name).text(keys[i].value);
}

void unpack(file::Unpacker& from, PartitionKeys& keys) {
  for (std::uint64_t n = from.count(); n != 0; --n) {
    const auto origin = static_cast<KeyOrigin>(from.number());
    const std::string_view name = from.text();
    keys.set(origin, name, from.text());
  }
}

Error not_understood(const std::string& why) {
  return Error(Errc::conflict, "delivery: the checkpoint's state " + why);
}

}  // namespace

Lane* Delivery::Impl::lane_of(std::uint64_t number) {
  const std::array<Lane*, 4> lanes{&data_, &errors_, &backup_, &backup_errors_};
  return number < lanes.size() && lanes[number]->to ? lanes[number] : nullptr;
}

std::uint64_t Delivery::Impl::number_of(const Lane* lane) const {
  const std::array<const Lane*, 4> lanes{&data_, &errors_, &backup_, &backup_errors_};
  return static_cast<std::uint64_t>(std::ranges::find(lanes, lane) - lanes.begin());
}

/// Who points to such a buffer while it is open; nullptr for a partition's.
Parcel** Delivery::Impl::home_of(const Parcel& parcel) {
  if (parcel.lane == &backup_) return &open_backup_;
  if (parcel.lane == &data_)
    return options_.partitioning.dynamic == DynamicPartitioning::on ? nullptr : &open_data_;
  return &error_home(*parcel.lane, parcel.error_type);
}

void Delivery::Impl::save(std::string& bytes) const {
  if (!exactly_once()) return;
  file::Packer to(bytes);
  to.text(format).number(outbox_.open().size());
  for (const auto& parcel : outbox_.open()) {
    to.number(number_of(parcel->lane)).text(parcel->error_type).text(parcel->partition);
    to.number(static_cast<std::uint64_t>(
        std::chrono::duration_cast<Duration>(now_ - parcel->since).count()));
    pack(to, parcel->keys);
    parcel->spool->pack(to);
  }
  to.number(transform_ ? 1 : 0);
  if (transform_) transform_->pack(to, now_);
}

Result<void> Delivery::Impl::load(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (!exactly_once())
    return not_understood(
        "holds the open buffers of an exactly-once delivery; give it Guarantee::exactly_once "
        "back, and finish or suspend it with nothing open before that is changed");
  file::Unpacker from(bytes);
  if (from.text() != format)
    return not_understood("is no delivery's, or of a newer version; was the step's sink changed?");
  for (std::uint64_t n = from.count(); n != 0 && from.good(); --n) {
    Result<Held> held = unpack_parcel(from);
    if (!held) return held.take_error();
    held_.push_back(std::move(*held));
  }
  if (from.number() != 0) {
    if (!transform_)
      return not_understood("holds records that wait for a transform, and there is none now");
    transform_->unpack(from);
  }
  if (!from.done()) return not_understood("ends too early or too late: it is damaged");
  return {};
}

Result<Delivery::Impl::Held> Delivery::Impl::unpack_parcel(file::Unpacker& from) {
  Held held{.parcel = std::make_unique<Parcel>()};
  Parcel& parcel = *held.parcel;
  parcel.lane = lane_of(from.number());
  parcel.error_type = error_type_of(from.text());
  parcel.partition = from.text();
  held.age = Duration(static_cast<Duration::rep>(from.number()));
  unpack(from, parcel.keys);
  parcel.spool = SpoolBuffer::unpack(from);
  if (!from.good()) return not_understood("ends in a buffer: it is damaged");
  if (!parcel.lane)
    return not_understood(
        "holds a buffer for the backup, and DeliveryOptions::backup has no destination now");
  parcel.compression = parcel.lane->naming.compression;
  return held;
}

}  // namespace millrace::firehose
