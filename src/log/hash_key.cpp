// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/hash_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

namespace millrace::log {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide wide(HashKey key) { return (Wide{key.high} << 64) | key.low; }
constexpr HashKey narrow(Wide n) {
  return {static_cast<std::uint64_t>(n >> 64), static_cast<std::uint64_t>(n)};
}

// floor(2^128 / shards) for shards >= 2.
constexpr Wide step_of(std::uint32_t shards) {
  const Wide most = ~Wide{0};
  return most / shards + (most % shards == shards - 1 ? 1 : 0);
}

std::uint64_t big_endian(const unsigned char* p) {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = (n << 8) | p[i];
  return n;
}

// Fetching the algorithm and making a context cost more than the hash, so each thread keeps one.
struct Md5 {
  Md5()
      : algorithm(EVP_MD_fetch(nullptr, "MD5", nullptr), &EVP_MD_free),
        context(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {}
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context;
};

}  // namespace

Result<HashKey> hash_of(std::string_view partition_key) {
  thread_local Md5 md5;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (!md5.algorithm || !md5.context ||
      EVP_DigestInit_ex2(md5.context.get(), md5.algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(md5.context.get(), partition_key.data(), partition_key.size()) != 1 ||
      EVP_DigestFinal_ex(md5.context.get(), digest.data(), nullptr) != 1)
    return Error(Errc::unsupported,
                 "partition key: OpenSSL offers no MD5 (a FIPS provider?); give each record an "
                 "explicit hash key, or allow the default provider");
  return HashKey{big_endian(digest.data()), big_endian(digest.data() + 8)};
}

Result<HashKey> parse_hash_key(std::string_view decimal) {
  const auto refuse = [&](std::string_view why) {
    return Error(Errc::invalid_input, "explicit hash key '" + std::string(decimal.substr(0, 60)) +
                                          "': " + std::string(why) +
                                          "; give a decimal number from 0 to 2^128 - 1");
  };
  if (decimal.empty()) return refuse("it is empty");
  if (decimal.size() > 1 && decimal[0] == '0') return refuse("it has a leading zero");
  Wide value = 0;
  for (const char c : decimal) {
    if (c < '0' || c > '9') return refuse("it is not a number");
    const auto digit = static_cast<unsigned>(c - '0');
    if (value > (~Wide{0} - digit) / 10) return refuse("it is too large");
    value = value * 10 + digit;
  }
  return narrow(value);
}

std::string to_string(HashKey key) {
  std::string digits;
  for (Wide n = wide(key); n != 0; n /= 10)
    digits += static_cast<char>('0' + static_cast<int>(n % 10));
  if (digits.empty()) digits = "0";
  std::reverse(digits.begin(), digits.end());
  return digits;
}

HashRange range_of(std::uint32_t index, std::uint32_t shards) {
  if (shards <= 1) return {{}, narrow(~Wide{0})};
  const Wide step = step_of(shards);
  const Wide last = index + 1 == shards ? ~Wide{0} : step * (index + 1) - 1;
  return {narrow(step * index), narrow(last)};
}

std::uint32_t shard_of(HashKey key, std::uint32_t shards) {
  if (shards <= 1) return 0;
  const Wide index = wide(key) / step_of(shards);
  return std::min(static_cast<std::uint32_t>(index), shards - 1);
}

}  // namespace millrace::log
