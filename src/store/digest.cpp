// SPDX-License-Identifier: BSL-1.0
#include "store/digest.hpp"

#include <openssl/evp.h>

#include <array>

#include "millrace/core/error.hpp"

namespace millrace::store {
namespace {

void check(int ok) {
  if (ok != 1)
    throw Failure(
        {Errc::unsupported, "store: OpenSSL refuses MD5 or SHA-256 in its configuration"});
}

}  // namespace

Digest::Digest(DigestKind kind) : context_(EVP_MD_CTX_new()) {
  const bool started =
      context_ &&
      EVP_DigestInit_ex(context_, kind == DigestKind::md5 ? EVP_md5() : EVP_sha256(), nullptr) == 1;
  if (!started) {
    EVP_MD_CTX_free(context_);
    check(0);
  }
}
Digest::~Digest() { EVP_MD_CTX_free(context_); }

void Digest::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

std::string Digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(context_, out.data(), &size));
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

std::string digest(DigestKind kind, std::string_view bytes) {
  Digest d(kind);
  d.update(bytes);
  return d.finish();
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string from_hex(std::string_view hex) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  if (hex.size() % 2 != 0) return {};
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = value(hex[i]);
    const int low = value(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(16 * high + low);
  }
  return bytes;
}

}  // namespace millrace::store
