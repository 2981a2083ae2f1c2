// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "millrace/index/store.hpp"
#include "millrace/sim/env.hpp"

/// A store on a simulated disk, and what tests ask it.
struct IndexFixture {
  millrace::sim::Env sim;
  millrace::index::Store store = millrace::index::Store::open(sim.env(), "/data/index").value();

  millrace::index::Item one(const millrace::index::Action& action) {
    return store.bulk({&action, 1}).value().items.at(0);
  }
  millrace::index::Item put(std::string_view id, std::string_view document,
                            std::string_view index = "i") {
    return one({.index = index, .id = id, .document = document});
  }
  /// The answer's ids in their order: "1 2 3".
  std::string ids(std::string_view query, std::string_view target = "i") {
    const std::string body = R"({"size":1000,"sort":"_doc","query":)" + std::string(query) + "}";
    return hits(body, target);
  }
  std::string hits(std::string_view body, std::string_view target = "i") {
    const std::string answer = store.search(target, body).value();
    std::string out;
    constexpr std::string_view before = "\"_id\":\"";
    for (std::size_t at = answer.find(before); at != std::string::npos;
         at = answer.find(before, at)) {
      at += before.size();
      out += (out.empty() ? "" : " ") + answer.substr(at, answer.find('"', at) - at);
    }
    return out;
  }
  /// What the aggregations came to.
  std::string aggregate(std::string_view aggs, std::string_view target = "i") {
    const std::string answer =
        store.search(target, R"({"size":0,"aggs":)" + std::string(aggs) + "}").value();
    constexpr std::string_view before = "\"aggregations\":";
    const std::size_t begin = answer.find(before) + before.size();
    return answer.substr(begin, answer.size() - begin - 1);
  }
  std::string refusal(std::string_view body, std::string_view target = "i") {
    const auto answer = store.search(target, body);
    return answer ? "no refusal: " + *answer : answer.error().message();
  }
};
