// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace millrace::store {

enum class DigestKind : unsigned char { md5, sha256 };

/// A running digest. Errors: Failure (unsupported) when OpenSSL has the algorithm switched off.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void update(std::string_view bytes);
  /// The digest's bytes; once.
  std::string finish();

 private:
  evp_md_ctx_st* context_;
};

std::string digest(DigestKind kind, std::string_view bytes);
std::string to_hex(std::string_view bytes);
/// The opposite; the empty string when `hex` is not lower-case hex.
std::string from_hex(std::string_view hex);

}  // namespace millrace::store
