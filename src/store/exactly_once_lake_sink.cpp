// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/key_path.hpp"
#include "store/digest.hpp"
#include "store/lake_buffers.hpp"

namespace millrace::store {
namespace {

constexpr std::string_view format_line = "lake 1\n";

// An object whose bytes are an upload's only part.
struct Staged {
  Upload upload;
  Part part;
};

// What complete() gives an object of one part, so that a commit knows its own work again.
std::string final_etag(const Staged& staged) {
  return to_hex(digest(DigestKind::md5, from_hex(staged.part.etag))) + "-1";
}

Result<Staged> stage(Directory& store, const LakeObject& object) {
  Result<Upload> upload = store.create_upload(object.key);
  if (!upload) return upload.take_error();
  Result<Part> part = store.upload_part(*upload, 1, object.bytes);
  if (part) return Staged{std::move(*upload), std::move(*part)};
  (void)store.abort(*upload);  // the first error is the one to tell
  return part.take_error();
}

std::string encode(const std::vector<Staged>& staged) {
  std::string bytes(format_line);
  for (const Staged& each : staged)
    bytes += each.upload.id + " " + each.part.etag + " " + to_hex(each.upload.key) + "\n";
  return bytes;
}

Result<std::vector<Staged>> decode(std::string_view bytes) {
  const Error error(Errc::corrupted, "lake sink: the checkpoint's bytes are not this sink's: " +
                                         quoted(bytes) + "; was the step's sink changed?");
  if (!bytes.starts_with(format_line)) return error;
  bytes.remove_prefix(format_line.size());
  std::vector<Staged> staged;
  while (!bytes.empty()) {
    const std::size_t id = bytes.find(' ');
    const std::size_t etag = id == std::string_view::npos ? id : bytes.find(' ', id + 1);
    const std::size_t end = etag == std::string_view::npos ? etag : bytes.find('\n', etag + 1);
    if (end == std::string_view::npos) return error;
    std::string key = from_hex(bytes.substr(etag + 1, end - etag - 1));
    if (key.empty()) return error;
    staged.push_back({{std::string(bytes.substr(0, id)), std::move(key)},
                      {1, std::string(bytes.substr(id + 1, etag - id - 1))}});
    bytes.remove_prefix(end + 1);
  }
  return staged;
}

// Done before, by a commit whose answer was lost: the object is there, and it is this one.
Result<void> check_done(Directory& store, const Staged& staged) {
  Result<ObjectInfo> there = store.head(staged.upload.key);
  if (!there) return there.take_error();
  if (there->etag != final_etag(staged))
    return Error(Errc::conflict, "lake sink: " + quoted(staged.upload.key) +
                                     " is another object than the one of this checkpoint (ETag " +
                                     there->etag + ", not " + final_etag(staged) +
                                     "); do two pipelines write this table?");
  return store.abort(staged.upload);
}

Result<void> publish(Directory& store, const std::vector<Staged>& all) {
  for (const Staged& staged : all) {
    Result<std::string> done =
        store.complete(staged.upload, {staged.part}, {.if_exists = IfExists::refuse});
    if (done) continue;
    const Errc code = done.error().code();
    if (code != Errc::already_exists && code != Errc::not_found) return done.take_error();
    if (Result<void> checked = check_done(store, staged); !checked) return checked;
  }
  return {};
}

Result<void> drop_uploads(Directory& store, const std::string& prefix) {
  Result<std::vector<Upload>> uploads = store.uploads(prefix);
  if (!uploads) return uploads.take_error();
  for (const Upload& upload : *uploads)
    if (Result<void> dropped = store.abort(upload); !dropped) return dropped;
  return {};
}

}  // namespace

class ExactlyOnceLakeSink::Impl {
 public:
  Impl(Directory s, LakeOptions options) : store(std::move(s)), buffers(std::move(options)) {}

  Task<> stage_closed(Context& cx) {
    while (!buffers.closed().empty()) {
      const LakeObject& object = buffers.closed().front();
      Result<Staged> one = co_await cx.blocking([&] { return stage(store, object); });
      staged.push_back(std::move(one).value());
      buffers.closed().pop_front();
    }
  }

  Directory store;
  LakeBuffers buffers;
  std::vector<Staged> staged;  // since the last prepare()
};

ExactlyOnceLakeSink::ExactlyOnceLakeSink(Directory store, LakeOptions options)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(options))) {}
ExactlyOnceLakeSink::ExactlyOnceLakeSink(ExactlyOnceLakeSink&&) noexcept = default;
ExactlyOnceLakeSink& ExactlyOnceLakeSink::operator=(ExactlyOnceLakeSink&&) noexcept = default;
ExactlyOnceLakeSink::~ExactlyOnceLakeSink() = default;

Task<> ExactlyOnceLakeSink::write(const Batch<Message>& batch, Context& cx) {
  impl_->buffers.add(batch, cx.env());
  co_await impl_->stage_closed(cx);
}

Task<> ExactlyOnceLakeSink::tick(Context& cx) {
  impl_->buffers.close_old(cx.env());
  co_await impl_->stage_closed(cx);
}

Task<Committable> ExactlyOnceLakeSink::prepare(CheckpointId, Context& cx) {
  impl_->buffers.close_all();
  co_await impl_->stage_closed(cx);
  Committable committable{encode(impl_->staged)};
  impl_->staged.clear();
  co_return committable;
}

Task<> ExactlyOnceLakeSink::commit(const Committable& committable, Context& cx) {
  const std::vector<Staged> staged = decode(committable.bytes).value();
  Result<void> done = co_await cx.blocking([&] {
    cx.env().faults.reached("lake.publish");
    return publish(impl_->store, staged);
  });
  done.value();
}

Task<> ExactlyOnceLakeSink::abort(Context& cx) {
  impl_->buffers.clear();
  impl_->staged.clear();
  Result<void> done =
      co_await cx.blocking([&] { return drop_uploads(impl_->store, impl_->buffers.prefix()); });
  done.value();
}

}  // namespace millrace::store
