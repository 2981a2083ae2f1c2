// SPDX-License-Identifier: BSL-1.0
// Exactly-once: buffers are spools, which a checkpoint holds as they are; closed ones are staged,
// and nothing of them is seen before their checkpoint is decided.
#include <algorithm>

#include "firehose/delivery_impl.hpp"

namespace millrace::firehose {
namespace {

constexpr std::size_t spill_size = std::size_t{1} << 20;  // of all buffers, in memory
constexpr std::size_t files_max = 200;                    // that stay open

}  // namespace

bool Delivery::Impl::spill_due() const { return exactly_once() && outbox_.held() > spill_size; }

/// The first call that has an Env: takes up what a checkpoint held.
Task<> Delivery::Impl::begin(Context& cx) {
  look_at_clock(cx);
  if (begun_) co_return;
  if (!spools_) spools_.emplace(options_.spool, std::string(cx.step()));
  Result<void> opened = co_await cx.blocking([&] { return spools_->open(*env_); });
  opened.value();
  begun_ = true;
  for (Held& each : held_) {
    each.parcel->since = now_ - each.age;
    Parcel** home = home_of(*each.parcel);
    outbox_.reopen(std::move(each.parcel), home);
  }
  held_.clear();
  if (transform_) transform_->begin(*env_);
}

/// Stages what is closed. With Durable::all what is open is in the spools then, durably.
Task<> Delivery::Impl::put_away(Durable what, Context& cx) {
  Result<void> written = co_await cx.blocking([&] { return write_spools(what); });
  outbox_.count_held();
  written.value();
  while (outbox_.has_closed()) stage_front();
}

Result<void> Delivery::Impl::write_spools(Durable what) {
  for (const auto& parcel : outbox_.closed()) {
    file::Spool& spool = parcel->spool->spool();
    Result<void> done = spool.sync(*spools_);
    if (done) done = spool.close();
    if (!done) return done;
  }
  const bool spill = outbox_.held() > spill_size || over_budget();
  const bool many = outbox_.open().size() > files_max;
  for (const auto& parcel : outbox_.open()) {
    file::Spool& spool = parcel->spool->spool();
    Result<void> done;
    if (what == Durable::all)
      done = spool.sync(*spools_);
    else if (spill)
      done = spool.write(*spools_);
    if (done && many) done = spool.close();
    if (!done) return done;
  }
  return what == Durable::all ? spools_->sync() : Result<void>{};
}

void Delivery::Impl::stage_front() {
  Parcel& parcel = outbox_.front();
  stage(parcel, parcel.spool->spool().mark());
  outbox_.pop();
}

/// Draws the name here, so that it is in the checkpoint before anybody can see it.
void Delivery::Impl::stage(Parcel& parcel, const file::SpoolMark& spool) {
  parcel.name.clear();
  // Without a name it fails when it is sent, and its records become error lines.
  if (parcel.lane->to->takes() == Destination::Takes::objects) (void)name(parcel);
  staged_.push_back({.lane = number_of(parcel.lane),
                     .error_type = std::string(parcel.error_type),
                     .name = parcel.name,
                     .uuid = parcel.uuid,
                     .compression = parcel.compression,
                     .spool = spool});
}

Task<bool> Delivery::Impl::finish(Context& cx) {
  co_await begin(cx);
  if (transform_ && !transform_->empty()) co_await transform(cx);
  if (transform_) co_await transform_->wait_for_late(cx);
  look_at_clock(cx);
  outbox_.close_all();
  co_await put_away(Durable::closed_ones, cx);
  co_return !staged_.empty();
}

Task<Committable> Delivery::Impl::prepare(CheckpointId id, Context& cx) {
  co_await begin(cx);
  outbox_.close_due(now_);
  co_await put_away(Durable::all, cx);
  const StagedObjects staged{id, std::move(staged_)};
  staged_ = {};
  if (first_prepared_ == 0) first_prepared_ = id;
  for (auto& [spool, from] : committed_)
    if (from == 0) from = id;
  env_->faults.reached("delivery.prepared");
  Committable committable{staged.encode()};
  co_return committable;
}

Task<> Delivery::Impl::commit(const Committable& committable, Context& cx) {
  const StagedObjects staged = StagedObjects::decode(committable.bytes).value();
  co_await begin(cx);
  if (staged.checkpoint <= last_committed_) co_return;
  const bool ours = first_prepared_ != 0 && staged.checkpoint >= first_prepared_;
  for (const StagedObject& each : staged.objects) {
    env_->faults.reached("delivery.between_objects");
    co_await commit_object(each, ours ? Prepared::here : Prepared::before_restart, cx);
  }
  last_committed_ = staged.checkpoint;
  // Those of checkpoints that one which is decided does not list: nobody will ask for them again.
  std::vector<file::SpoolMark> done;
  std::erase_if(committed_, [&](auto& each) {
    if (each.second == 0 || each.second > staged.checkpoint) return false;
    done.push_back(std::move(each.first));
    return true;
  });
  for (const StagedObject& each : staged.objects)
    if (std::ranges::find(staged_, each.spool, &StagedObject::spool) == staged_.end())
      committed_.emplace_back(each.spool, 0);
  if (done.empty()) co_return;
  Result<void> removed = co_await cx.blocking([&] { return spools_->remove(done); });
  removed.value();
}

Task<> Delivery::Impl::commit_object(const StagedObject& object, Prepared prepared, Context& cx) {
  Parcel parcel;
  parcel.lane = lane_of(object.lane);
  if (!parcel.lane)
    throw Failure(Error(Errc::conflict, std::string(cx.step()) +
                                            ": the checkpoint holds an object for the "
                                            "backup, and DeliveryOptions::backup has no "
                                            "destination; give it back"));
  Result<void> read = co_await cx.blocking(
      [&] { return read_spool(*spools_, object.spool, parcel.lane->delimiting, parcel.buffer); });
  read.value();
  parcel.error_type = error_type_of(object.error_type);
  parcel.name = object.name;
  parcel.uuid = object.uuid;
  parcel.compression = object.compression;
  const Outbox::Loan loan(outbox_, parcel);
  const std::optional<GivenUp> given_up = co_await try_to_send(parcel, cx);
  if (!given_up) co_return;
  check_backup(parcel, *given_up, cx);
  // What died may have delivered it: only an answer tells, and without one it must not be kept
  // twice.
  if (prepared == Prepared::before_restart && may_pass(given_up->error.code()))
    throw Failure(Error(
        given_up->error.code(),
        std::string(cx.step()) + ": the destination can't be asked whether it took " +
            (parcel.name.empty() ? "records" : parcel.name) +
            " before the restart; start again when it answers: " + given_up->error.message()));
  look_at_clock(cx);
  if (parcel.lane == &errors_) {  // seen nowhere yet: the next checkpoint brings it to the backup
    parcel.lane = &backup_errors_;
    stage(parcel, object.spool);
  } else {
    fail_records(parcel, *given_up);
  }
}

std::vector<file::SpoolMark> Delivery::Impl::spools_in_use() const {
  std::vector<file::SpoolMark> all;
  for (const auto& each : outbox_.open()) all.push_back(each->spool->spool().mark());
  for (const auto& each : outbox_.closed()) all.push_back(each->spool->spool().mark());
  for (const StagedObject& each : staged_) all.push_back(each.spool);
  for (const auto& [spool, from] : committed_) all.push_back(spool);
  return all;
}

Task<> Delivery::Impl::abort(Context& cx) {
  co_await begin(cx);
  const std::vector<file::SpoolMark> kept = spools_in_use();
  Result<void> done = co_await cx.blocking([&] { return spools_->keep_only(kept); });
  done.value();
}

}  // namespace millrace::firehose
