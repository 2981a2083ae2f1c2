// SPDX-License-Identifier: BSL-1.0
#include <openssl/evp.h>

#include <array>

#include "millrace/firehose/index_destination.hpp"

namespace millrace::firehose {

std::string content_id(std::string_view record) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(record.data(), record.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Failure(Error(Errc::unsupported,
                        "firehose::content_id: OpenSSL refuses SHA-256 in its configuration"));
  std::string hex;
  for (std::size_t i = 0; i < 16; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace millrace::firehose
