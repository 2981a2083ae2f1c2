// SPDX-License-Identifier: BSL-1.0
#include "delivery.hpp"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "millrace/core/rng.hpp"
#include "millrace/firehose/delivery.hpp"
#include "millrace/millrace.hpp"

namespace bench::delivery {
namespace {

using namespace millrace;

/// Counts objects and bytes; of each object a few bytes, so that it can't be left out.
struct Taken {
  Check check;
  void take(std::string_view object) {
    ++check.count;
    check.sum += object.size();
    for (std::size_t i = 0; i < object.size(); i += 65'537)
      check.sum += static_cast<unsigned char>(object[i]);
  }
};

/// A null destination that has seen what it threw away.
struct Nowhere {
  Taken* taken;
  Task<Result<void>> put(std::string_view, std::string_view bytes) {
    taken->take(bytes);
    co_return Result<void>();
  }
};

/// The input as messages, without a copy.
struct Records {
  using value_type = Message;
  std::string_view rest;

  ReadStatus read(Batch<Message>& out, Context&) {
    while (!out.full() && !rest.empty()) {
      out.push_back({Text(rest.substr(0, record_bytes))}, Timestamp());
      rest.remove_prefix(record_bytes);
    }
    return rest.empty() ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

Check deliver(const std::string& input, firehose::Compression compression) {
  Taken taken;
  firehose::DeliveryOptions options;
  options.naming.compression = compression;
  Topology topology("delivery");
  topology.source("records", Records{input})
      .to("objects", firehose::Delivery{Nowhere{&taken}, std::move(options)});
  Pipeline pipeline(std::move(topology));
  pipeline.run();
  return taken.check;
}

template <class F>
void copy_in_objects(const std::string& input, F&& object) {
  const std::unique_ptr<char[]> buffer(new char[object_bytes + record_bytes]);
  std::size_t size = 0;
  for (std::size_t i = 0; i < input.size(); i += record_bytes) {
    std::memcpy(buffer.get() + size, input.data() + i, record_bytes);
    size += record_bytes;
    if (size < object_bytes) continue;
    object(std::string_view(buffer.get(), size));
    size = 0;
  }
  if (size != 0) object(std::string_view(buffer.get(), size));
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  deflateInit2(&stream, 6, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string generate(std::size_t records) {
  SeededRng rng(1);
  constexpr std::array<const char*, 4> jobs{"admin.", "technician", "services", "management"};
  std::string out;
  out.reserve(records * record_bytes);
  std::array<char, 2 * record_bytes> row{};
  for (std::size_t i = 0; i < records; ++i) {
    const auto number = [&](std::uint64_t bound) {
      return static_cast<unsigned>(rng.below(bound));
    };
    const int size = std::snprintf(
        row.data(), row.size(),
        R"({"Age":"%u","Job":"%s","Balance":%u,"Days":%u,"Duration":"%u","Deposit":"%s"})",
        18 + number(70), jobs[number(jobs.size())], number(80'000), 1 + number(31), number(4'000),
        number(2) == 0 ? "yes" : "no");
    out.append(row.data(), static_cast<std::size_t>(size));
    out.append(record_bytes - static_cast<std::size_t>(size), ' ');
  }
  return out;
}

Check loop_copy(const std::string& input) {
  Taken taken;
  copy_in_objects(input, [&](std::string_view object) { taken.take(object); });
  return taken.check;
}

Check loop_zlib(const std::string& input) {
  Taken taken;
  copy_in_objects(input, [&](std::string_view object) { taken.take(gzip(object)); });
  return taken.check;
}

Check library(const std::string& input) {
  return deliver(input, firehose::Compression::uncompressed);
}

Check library_gzip(const std::string& input) { return deliver(input, firehose::Compression::gzip); }

}  // namespace bench::delivery
