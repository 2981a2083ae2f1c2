// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>
#include <utility>

#include "millrace/runtime/checkpoint_store.hpp"

namespace millrace {

namespace detail {

template <class S, class R, class Options>
Options put_options(R (S::*)(std::string_view, std::string_view, const Options&));
template <class S, class R, class Options>
Options list_options(R (S::*)(const Options&) const);

template <class Store>
using PutOptionsOf = decltype(put_options(&Store::put));
template <class Store>
using ListOptionsOf = decltype(list_options(&Store::list));

}  // namespace detail

/// Objects by key with S3's semantics, as store::Directory has them: put(key, bytes, options) that
/// can refuse a key that is taken, get(key), list(options) by pages, remove(key).
template <class S>
concept ObjectStore = requires(S& s, std::string_view text, detail::PutOptionsOf<S> put,
                               detail::ListOptionsOf<S> list) {
  put.if_exists = decltype(put.if_exists)::refuse;
  { s.put(text, text, put).has_value() } -> std::same_as<bool>;
  { s.get(text) } -> std::same_as<Result<std::string>>;
  { s.remove(text) } -> std::same_as<Result<void>>;
  { s.list(list)->objects.front().key } -> std::convertible_to<std::string>;
  list.token = s.list(list)->next_token;
};

/// Checkpoints as objects below a prefix. There is no lock: a start that overtakes a running
/// pipeline makes that one's next checkpoint fail.
///
///     auto objects = store::Directory::open(env, "/var/lib/objects").value();
///     ObjectCheckpointStore checkpoints(objects, "jobs/bank/");
template <ObjectStore S>
class ObjectCheckpointStore final : public CheckpointStore {
 public:
  /// `prefix` begins every key; it may be empty. `where`: what messages call it.
  ObjectCheckpointStore(S objects, std::string prefix, std::string where)
      : objects_(std::move(objects)), prefix_(std::move(prefix)), where_(std::move(where)) {}

  Result<void> put(const std::string& name, std::string_view bytes) override {
    return put(name, bytes, {});
  }
  Result<void> put_new(const std::string& name, std::string_view bytes) override {
    detail::PutOptionsOf<S> options;
    options.if_exists = decltype(options.if_exists)::refuse;
    return put(name, bytes, options);
  }
  Result<std::string> get(const std::string& name, ByteSize limit) override {
    if (auto good = check_checkpoint_name(name); !good) return good.take_error();
    Result<std::string> bytes = objects_.get(prefix_ + name);
    if (bytes && bytes->size() > limit.bytes)
      return Error(Errc::limit_exceeded,
                   where() + '/' + name + " has " + std::to_string(bytes->size()) + " bytes; " +
                       std::to_string(limit.bytes) + " at most were expected");
    return bytes;
  }
  Result<std::vector<std::string>> list(const std::string& prefix) override {
    std::vector<std::string> names;
    detail::ListOptionsOf<S> options;
    options.prefix = prefix_ + prefix;
    for (;;) {
      auto page = objects_.list(options);
      if (!page) return page.take_error();
      for (const auto& object : page->objects) {
        std::string name = object.key.substr(prefix_.size());
        if (check_checkpoint_name(name)) names.push_back(std::move(name));
      }
      if (page->next_token.empty()) return names;
      options.token = page->next_token;
    }
  }
  Result<void> remove(const std::string& name) override {
    if (auto good = check_checkpoint_name(name); !good) return good;
    return objects_.remove(prefix_ + name);
  }
  std::string where() const override { return where_; }

 private:
  Result<void> put(const std::string& name, std::string_view bytes,
                   const detail::PutOptionsOf<S>& options) {
    if (auto good = check_checkpoint_name(name); !good) return good;
    auto done = objects_.put(prefix_ + name, bytes, options);
    if (!done) return done.take_error();
    return {};
  }

  S objects_;
  std::string prefix_;
  std::string where_;
};

}  // namespace millrace
