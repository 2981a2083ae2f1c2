// SPDX-License-Identifier: BSL-1.0
#include "files.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <zlib.h>

#include "w1.hpp"
#include "w2.hpp"

namespace bench::files {
namespace {

void write_file(const std::string& path, const void* data, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

Check lines_of(const std::string& path) {
  Check check;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line); ++check.count)
    check.sum +=
        ::crc32(0, reinterpret_cast<const Bytef*>(line.data()), static_cast<uInt>(line.size()));
  return check;
}

void print(const char* name, std::size_t records, const Check& check) {
  std::printf("%s records %zu count %llu sum %016llx\n", name, records,
              static_cast<unsigned long long>(check.count),
              static_cast<unsigned long long>(check.sum));
}

/// A file that is removed at the end.
struct Scratch {
  std::string path;
  explicit Scratch(std::string p) : path(std::move(p)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::remove(path.c_str()); }
};

void write_rows(const std::string& path, std::size_t rows) {
  const w1::Input in = w1::generate(rows);
  write_file(path, in.text().data(), in.text().size());
}

}  // namespace

bool run_w1(const Options& options) {
  if (!options.wanted("W1-file")) return true;
  const std::string in = options.files + "/W1.csv";
  std::optional<Scratch> made;
  if (!std::filesystem::exists(in)) write_rows(made.emplace(in).path, options.rows);
  const Scratch out(options.files + "/W1.jsonl");
  Comparison c("W1-file", options.rows);
  c.loop("read, SIMD records, write", [&] { return w1::loop_file(in, out.path), Check{}; });
  c.library(
      "file::csv, decode with where, map, encode, file::LinesSink",
      [&] {
        std::remove(out.path.c_str());
        return w1::library_file(in, out.path), Check{};
      },
      1.6);
  c.checked_by([&] { return lines_of(out.path); });
  return c.run(options);
}

void write_inputs(const Options& options) {
  if (options.wanted("W1")) {
    const std::string in = options.files + "/W1.csv";
    write_rows(in, options.rows);
    const Scratch out(options.files + "/W1.jsonl");
    w1::loop_file(in, out.path);
    print("W1", options.rows, lines_of(out.path));
  }
  struct Size {
    const char* name;
    std::uint32_t keys;
  };
  for (const auto& [name, keys] :
       {Size{"W2-100", 100}, Size{"W2-100k", 100'000}, Size{"W2-1M", 1'000'000}}) {
    if (!options.wanted(name)) continue;
    const w2::Input in = w2::generate(keys, options.events);
    write_file(options.files + "/" + name + ".events", in.events.data(),
               in.events.size() * sizeof(w2::Event));
    print(name, options.events, w2::loop_batch_kernel_far(in));
  }
}

}  // namespace bench::files
