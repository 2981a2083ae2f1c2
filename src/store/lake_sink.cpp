// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/lake_sink.hpp"

#include "store/digest.hpp"
#include "store/lake_buffers.hpp"

namespace millrace::store {
namespace {

// The name was drawn at random, so it is taken only by this object itself, put by a call whose
// answer was lost, or in a simulation that draws the same numbers again.
Result<void> put_new(Directory& store, LakeObject& object, const LakeTable& table, Env& env) {
  for (;;) {
    Result<std::string> put = store.put(object.key, object.bytes, {.if_exists = IfExists::refuse});
    if (put) return {};
    if (put.error().code() != Errc::already_exists) return put.take_error();
    Result<ObjectInfo> there = store.head(object.key);
    if (!there) return there.take_error();
    if (there->etag == to_hex(digest(DigestKind::md5, object.bytes))) return {};
    object.key = lake_key(table, object.time, make_uuid(env.rng));
  }
}

}  // namespace

class LakeSink::Impl {
 public:
  Impl(Directory s, LakeOptions options) : store(std::move(s)), buffers(std::move(options)) {}

  Task<> store_closed(Context& cx) {
    while (!buffers.closed().empty()) {
      LakeObject& object = buffers.closed().front();
      Result<void> put = co_await cx.blocking(
          [&] { return put_new(store, object, buffers.options().table, cx.env()); });
      put.value();
      buffers.closed().pop_front();
    }
  }

  Directory store;
  LakeBuffers buffers;
};

LakeSink::LakeSink(Directory store, LakeOptions options)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(options))) {}
LakeSink::LakeSink(LakeSink&&) noexcept = default;
LakeSink& LakeSink::operator=(LakeSink&&) noexcept = default;
LakeSink::~LakeSink() = default;

Task<> LakeSink::write(const Batch<Message>& batch, Context& cx) {
  impl_->buffers.add(batch, cx.env());
  co_await impl_->store_closed(cx);
}

Task<> LakeSink::flush(Context& cx) {
  impl_->buffers.close_all();
  co_await impl_->store_closed(cx);
}

Task<> LakeSink::tick(Context& cx) {
  impl_->buffers.close_old(cx.env());
  co_await impl_->store_closed(cx);
}

}  // namespace millrace::store
