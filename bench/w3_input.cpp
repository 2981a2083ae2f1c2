// SPDX-License-Identifier: BSL-1.0
#include <array>
#include <cstdio>

#include "millrace/core/rng.hpp"
#include "w3.hpp"

namespace bench::w3 {
namespace {

std::string uuid(millrace::SeededRng& rng) {
  const std::uint64_t a = rng.next();
  const std::uint64_t b = rng.next();
  char text[id_bytes + 1];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%012llx", static_cast<unsigned>(a),
                static_cast<unsigned>(a >> 32 & 0xffff), static_cast<unsigned>(a >> 48 & 0xfff),
                static_cast<unsigned>(0x8000 | (b & 0x3fff)),
                static_cast<unsigned long long>(b >> 16));
  return text;
}

std::vector<std::string> uuids(millrace::SeededRng& rng, std::size_t n) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(uuid(rng));
  return all;
}

constexpr std::array types = {"view", "click", "purchase"};
constexpr std::array ad_types = {"banner", "modal", "sponsored-search", "mail", "mobile"};
constexpr std::int64_t start_ms = 1'700'000'000'000;

}  // namespace

void Campaigns::add(std::string_view ad, std::uint32_t campaign) {
  std::size_t i = home(ad.data());
  while (table_[i].campaign != campaigns) i = (i + 1) & (places - 1);
  std::memcpy(table_[i].ad, ad.data(), id_bytes);
  table_[i].campaign = campaign;
}

Input generate(std::size_t events) {
  Input input;
  millrace::SeededRng rng(99);
  const auto users = uuids(rng, 100'000);
  const auto pages = uuids(rng, 100);
  const auto ads = uuids(rng, 10 * campaigns);
  for (std::size_t i = 0; i < ads.size(); ++i)
    input.ads.add(ads[i], static_cast<std::uint32_t>(i / 10));
  const auto pick = [&](const auto& from) -> const auto& { return from[rng.below(from.size())]; };
  const auto number = [&](unsigned first, unsigned limit) {
    return std::to_string(first + rng.below(limit - first));
  };
  std::string& out = input.bytes;
  out.reserve(events * 250 + padding);
  for (std::size_t i = 0; i < events; ++i) {
    const std::int64_t at =
        start_ms + static_cast<std::int64_t>(i / 20) - static_cast<std::int64_t>(rng.below(1000));
    out.append(R"({"user_id":")")
        .append(pick(users))
        .append(R"(","page_id":")")
        .append(pick(pages));
    out.append(R"(","ad_id":")")
        .append(pick(ads))
        .append(R"(","ad_type":")")
        .append(pick(ad_types));
    out.append(R"(","event_type":")").append(pick(types)).append(R"(","event_time":")");
    out.append(std::to_string(at)).append(R"(","ip_address":")").append(number(1, 251));
    for (int part = 0; part < 3; ++part) out.append(".").append(number(0, 256));
    out.append("\"}\n");
  }
  out.append(padding, '\0');
  return input;
}

}  // namespace bench::w3
