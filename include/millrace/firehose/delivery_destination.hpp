// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/context.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/task.hpp"
#include "millrace/store/directory.hpp"

namespace millrace::firehose {

/// Where a record of a buffer ends, and when it arrived.
struct RecordEnd {
  std::uint64_t end = 0;
  Timestamp arrival{};
};

/// Records that go to a destination in one call: an object's bytes, or documents one by one.
/// Lifetime: until the call's Task ends.
struct RecordBatch {
  std::string_view bytes;              ///< the records and the delimiters between them
  std::span<const RecordEnd> records;  ///< in the order in which they came
  std::size_t delimiter_size = 0;      ///< before each record but the first

  std::size_t size() const { return records.size(); }
  std::string_view record(std::size_t i) const {
    const std::uint64_t begin = i == 0 ? 0 : records[i - 1].end + delimiter_size;
    return bytes.substr(begin, records[i].end - begin);
  }
  Timestamp arrival(std::size_t i) const { return records[i].arrival; }
};

/// Whether a record that was refused is sent again.
enum class Again : unsigned char { yes, no };

/// A record that a destination of documents did not take.
struct RefusedRecord {
  std::uint32_t index = 0;  ///< in the batch
  Again again = Again::no;
  std::string code = {};     ///< e.g. the item's HTTP status
  std::string message = {};  ///< the destination's reason
  std::string id = {};       ///< of the document, for the error object
  std::string index_name = {};
};

/// Takes objects by name: `put(name, bytes)` gives a Result, and runs where it may block, or a Task
/// of a Result. A put that comes again with the same name and bytes changes nothing.
/// Errc::already_exists says that the name is another object's, and a new one is drawn.
/// store::Directory is one; what lies in it is never replaced.
template <class D>
concept ByteDestination = requires(D& d, std::string_view name) { d.put(name, name); };

/// Takes records one by one, as a document index does; gives those that it refused, by index. An
/// Error instead means that nothing is known of any.
template <class D>
concept RecordDestination = requires(D& d, const RecordBatch& batch, Context& cx) {
  { d.deliver(batch, cx) } -> std::same_as<Task<Result<std::vector<RefusedRecord>>>>;
};

/// Any destination, by value. Copies share it.
/// Errors of its calls are values: what the destination throws becomes one, too.
class Destination {
 public:
  enum class Takes : unsigned char { objects, records };

  template <class D>
  requires(!std::same_as<D, Destination>) && (ByteDestination<D> || RecordDestination<D>)
  Destination(D destination) : held_(std::make_shared<Held<D>>(std::move(destination))) {}

  Takes takes() const { return held_->takes; }
  Task<Result<void>> put(std::string_view name, std::string_view bytes, Context& cx) const {
    return held_->put(name, bytes, cx);
  }
  Task<Result<std::vector<RefusedRecord>>> deliver(const RecordBatch& batch, Context& cx) const {
    return held_->deliver(batch, cx);
  }

 private:
  struct Base {
    explicit Base(Takes t) : takes(t) {}
    virtual ~Base() = default;
    virtual Task<Result<void>> put(std::string_view name, std::string_view bytes, Context& cx) = 0;
    virtual Task<Result<std::vector<RefusedRecord>>> deliver(const RecordBatch& batch,
                                                             Context& cx) = 0;
    const Takes takes;
  };

  template <class D>
  struct Held final : Base {
    explicit Held(D d)
        : Base(RecordDestination<D> ? Takes::records : Takes::objects), to(std::move(d)) {}

    Task<Result<void>> put(std::string_view name, std::string_view bytes, Context& cx) override {
      if constexpr (ByteDestination<D>) {
        using Put = decltype(to.put(name, bytes));
        try {
          if constexpr (requires(Put& task) { task.handle(); }) {
            auto result = co_await to.put(name, bytes);
            if (!result) co_return result.take_error();
          } else {
            auto result = co_await cx.blocking([&] { return put_new(name, bytes); });
            if (!result) co_return result.take_error();
          }
        } catch (const Failure& failure) {
          co_return Error(failure.error());
        } catch (const std::exception& thrown) {
          co_return Error(Errc::user_code, thrown.what());
        }
        co_return Result<void>();
      } else {
        co_return Error(Errc::unsupported, "the destination takes records, not objects");
      }
    }
    Task<Result<std::vector<RefusedRecord>>> deliver(const RecordBatch& batch,
                                                     Context& cx) override {
      if constexpr (RecordDestination<D>) {
        try {
          co_return co_await to.deliver(batch, cx);
        } catch (const Failure& failure) {
          co_return Error(failure.error());
        } catch (const std::exception& thrown) {
          co_return Error(Errc::user_code, thrown.what());
        }
      } else {
        co_return Error(Errc::unsupported, "the destination takes objects, not records");
      }
    }
    // Names are drawn at random: one that is taken is that of the same object, put before by a call
    // whose answer was lost, or of a process that drew the same.
    auto put_new(std::string_view name, std::string_view bytes) {
      if constexpr (std::same_as<D, store::Directory>) {
        const store::PutOptions refuse{.if_exists = store::IfExists::refuse};
        Result<std::string> put = to.put(name, bytes, refuse);
        if (put || put.error().code() != Errc::already_exists) return put;
        Result<std::string> there = to.get(name);
        // What can't be read now may be the same object.
        return !there || *there == bytes ? std::move(there) : std::move(put);
      } else {
        return to.put(name, bytes);
      }
    }
    D to;
  };

  std::shared_ptr<Base> held_;
};

/// Takes everything and keeps nothing: for measurements, and for a delivery whose backup is what
/// counts.
class NullDestination {
 public:
  Task<Result<void>> put(std::string_view, std::string_view) { co_return Result<void>(); }
};

}  // namespace millrace::firehose
