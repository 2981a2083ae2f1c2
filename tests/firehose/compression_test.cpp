// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/compression.hpp"

#include <snappy.h>
#include <zlib.h>

#include "catch.hpp"
#include "millrace/core/error.hpp"
#include "millrace/core/rng.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

constexpr Compression all_kinds[] = {Compression::uncompressed, Compression::gzip, Compression::zip,
                                     Compression::snappy, Compression::hadoop_snappy};

struct Case {
  std::optional<std::string> plain_hex, xerial_hex, hadoop_hex, xerial_head_hex;
  std::optional<std::size_t> plain_len, xerial_len;
};
constexpr auto describe(type<Case>) {
  return fields("plain_hex", &Case::plain_hex, "xerial_hex", &Case::xerial_hex, "hadoop_hex",
                &Case::hadoop_hex, "xerial_head_hex", &Case::xerial_head_hex, "plain_len",
                &Case::plain_len, "xerial_len", &Case::xerial_len);
}
struct Firehose {
  std::vector<Case> cases;
};
constexpr auto describe(type<Firehose>) { return fields("cases", &Firehose::cases); }
struct Cases {
  std::vector<Case> cases;
  Firehose firehose_snappy;
};
constexpr auto describe(type<Cases>) {
  return fields("cases", &Cases::cases, "firehose_snappy", &Cases::firehose_snappy);
}

std::string inflate_all(std::string_view bytes, int window_bits) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, window_bits) == Z_OK);
  std::string out;
  std::string buffer(100'000, '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, 0, buffer.size() - stream.avail_out);
  }
  const auto left = stream.avail_in;
  inflateEnd(&stream);
  CHECK(status == Z_STREAM_END);
  CHECK(left == 0);
  return out;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}
std::size_t big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string unzip(std::string_view zip, std::string_view name) {
  const std::size_t end = zip.size() - 22;
  CHECK(zip.substr(end, 4) == "PK\5\6");
  CHECK(little_endian(zip, end + 10, 2) == 1);
  const std::size_t directory = little_endian(zip, end + 16, 4);
  CHECK(directory + little_endian(zip, end + 12, 4) == end);
  CHECK(zip.substr(directory, 4) == "PK\1\2");
  CHECK(zip.substr(directory + 46, name.size()) == name);
  CHECK(zip.substr(0, 4) == "PK\3\4");
  const std::size_t packed = little_endian(zip, directory + 20, 4);
  const std::string out = inflate_all(zip.substr(30 + name.size(), packed), -15);
  CHECK(out.size() == little_endian(zip, directory + 24, 4));
  CHECK(crc32(0, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(out.size())) ==
        little_endian(zip, directory + 16, 4));
  CHECK(zip.substr(directory - 12, 12) == zip.substr(directory + 16, 12));
  return out;
}

std::string unsnap(std::string_view bytes, bool hadoop) {
  if (!hadoop) {
    CHECK(vectors::to_hex(bytes.substr(0, 16)) == "82534e41505059000000000100000001");
    bytes.remove_prefix(16);
  }
  std::string out;
  while (!bytes.empty()) {
    const std::size_t plain_size = hadoop ? big_endian(bytes) : 0;
    if (hadoop) bytes.remove_prefix(4);
    const std::size_t size = big_endian(bytes);
    std::string block;
    REQUIRE(bytes.size() >= 4 + size);
    REQUIRE(snappy::Uncompress(bytes.data() + 4, size, &block));
    if (hadoop) CHECK(block.size() == plain_size);
    out += block;
    bytes.remove_prefix(4 + size);
  }
  return out;
}

std::string unpack(Compression compression, std::string_view bytes) {
  switch (compression) {
    case Compression::gzip:
      return inflate_all(bytes, 15 + 16);
    case Compression::zip:
      return unzip(bytes, "data");
    case Compression::snappy:
      return unsnap(bytes, false);
    case Compression::hadoop_snappy:
      return unsnap(bytes, true);
    default:
      return std::string(bytes);
  }
}

/// Half words, half noise.
std::string sample(std::uint64_t seed, std::size_t size) {
  SeededRng rng(seed);
  std::string out;
  while (out.size() < size) {
    if (rng.below(2) == 0)
      out += "{\"station\":\"Oslo-S\",\"count\":" + std::to_string(rng.below(1000)) + "}\n";
    else
      for (int i = 0; i < 30; ++i) out += static_cast<char>(rng.below(256));
  }
  return out.substr(0, size);
}

}  // namespace

TEST_CASE("Snappy's frames are those of snappy-java in the vectors") {
  const auto all = vectors::read<Cases>("snappy_crc.json");
  for (const Case& c : all.firehose_snappy.cases) {
    const std::string plain = c.plain_hex ? vectors::from_hex(*c.plain_hex) : [] {
      std::string ab;
      for (int i = 0; i < 50'000; ++i) ab += "ab";
      return ab;
    }();
    const std::string xerial = compress(Compression::snappy, plain);
    if (c.xerial_hex) {
      CHECK(vectors::to_hex(xerial) == *c.xerial_hex);
      CHECK(vectors::to_hex(compress(Compression::hadoop_snappy, plain)) == *c.hadoop_hex);
      CHECK(unsnap(vectors::from_hex(*c.xerial_hex), false) == plain);
    } else {
      CHECK(xerial.size() == *c.xerial_len);
      CHECK(vectors::to_hex(xerial).starts_with(*c.xerial_head_hex));
    }
  }
  for (const Case& c : all.cases)
    CHECK(unsnap(vectors::from_hex(*c.hadoop_hex), true) == vectors::from_hex(*c.plain_hex));
}

TEST_CASE("every format gives back what went in, of any size") {
  for (const Compression compression : all_kinds)
    for (const std::size_t size : {0u, 1u, 100u, 32'767u, 32'768u, 32'769u, 400'000u}) {
      INFO(to_string(compression) << " of " << size << " bytes");
      const std::string plain = sample(size, size);
      CHECK(unpack(compression, compress(compression, plain)) == plain);
    }
}

TEST_CASE("objects do not depend on the pieces in which their bytes came, nor on the one before") {
  for (const Compression compression : all_kinds) {
    Compressor compressor(compression);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      INFO(to_string(compression) << ", seed " << seed);
      const std::string plain = sample(seed, 200'000);
      SeededRng rng(seed);
      std::string out;
      compressor.begin({}, out);
      for (std::size_t at = 0; at < plain.size();) {
        const std::size_t size = rng.below(seed * 20'000) + 1;
        compressor.append(std::string_view(plain).substr(at, size), out);
        at += size;
      }
      compressor.finish(out);
      CHECK(out == compress(compression, plain));
    }
  }
}

TEST_CASE("an object that was left before its end does not spoil the next one") {
  for (const Compression compression : all_kinds) {
    Compressor compressor(compression);
    std::string left;
    compressor.begin({}, left);
    compressor.append(sample(1, 50'000), left);
    std::string out;
    compressor.begin({}, out);
    compressor.append("abc", out);
    compressor.finish(out);
    CHECK(unpack(compression, out) == "abc");
  }
}

TEST_CASE("a zip's entry has a name and a time") {
  const Timestamp time = sys_days(2026y / 7 / 13) + 14h + 5min + 9s;
  const std::string zip = compress(Compression::zip, "abc", {.name = "0f8f-a1", .time = time});
  CHECK(unzip(zip, "0f8f-a1") == "abc");
  CHECK(little_endian(zip, 10, 2) == (14u << 11 | 5u << 5 | 4u));
  CHECK(little_endian(zip, 12, 2) == (46u << 9 | 7u << 5 | 13u));
  for (const Timestamp outside : {start_of_time, end_of_time})
    CHECK(little_endian(compress(Compression::zip, "", {.time = outside}), 12, 2) ==
          (1u << 5 | 1u));
}

TEST_CASE("a zip's entry that would pass 32 bits is refused before a byte of it is read") {
  Compressor compressor(Compression::zip);
  std::string out;
  compressor.begin({}, out);
  const char one = 'x';
  const std::size_t too_many = 4'290'772'993;
  CHECK_THROWS_WITH(compressor.append({&one, too_many}, out),
                    "zip: an entry has at most 4290772992 bytes; deliver smaller objects");
}

TEST_CASE("formats have Firehose's names, extensions and encodings") {
  for (const Compression compression : all_kinds)
    CHECK(parse_compression(to_string(compression)).value() == compression);
  CHECK(parse_compression("SNAPPY").error().message() ==
        "compression \"SNAPPY\" is not one of UNCOMPRESSED, GZIP, ZIP, Snappy and HADOOP_SNAPPY");
  CHECK(extension_of(Compression::gzip) == ".gz");
  CHECK(extension_of(Compression::hadoop_snappy) == ".snappy");
  CHECK(extension_of(Compression::hadoop_snappy, HadoopExtension::hsnappy) == ".hsnappy");
  CHECK(content_encoding_of(Compression::uncompressed).empty());
  CHECK(content_encoding_of(Compression::snappy) == "snappy-java");
  CHECK(content_encoding_of(Compression::hadoop_snappy) == "hadoop-snappy");
}

TEST_CASE("options out of range are refused") {
  for (const int level : {0, 10, -1})
    CHECK_THROWS_WITH(Compressor(Compression::gzip, {.level = level}),
                      "compression: level " + std::to_string(level) + " is not within 1 to 9");
  for (const std::uint32_t size : {0u, 1023u, 262'145u})
    CHECK_THROWS_WITH(
        Compressor(Compression::snappy, {.block_bytes = size}),
        "compression: blocks of " + std::to_string(size) + " bytes are not within 1024 to 262144");
}
