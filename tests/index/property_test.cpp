// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "index_fixture.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;
using namespace millrace::index;

namespace {

// A document as a plain program has it.
struct Plain {
  std::optional<int> n;
  std::vector<std::string> tags;
  std::set<std::string> words;

  std::string json() const {
    std::string text = R"({"tags":[)";
    for (std::size_t i = 0; i < tags.size(); ++i) text += (i ? ",\"" : "\"") + tags[i] + '"';
    text += R"(],"t":")";
    for (const std::string& word : words) text += word + ' ';
    return text + '"' + (n ? ",\"n\":" + std::to_string(*n) : "") + '}';
  }
  bool has_tag(const std::string& tag) const {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  }
};
using Collection = std::map<std::string, Plain>;

Plain any_document(SeededRng& rng) {
  Plain plain;
  if (rng.below(5) != 0) plain.n = static_cast<int>(rng.below(20)) - 5;
  for (std::uint64_t i = rng.below(4); i > 0; --i)
    plain.tags.emplace_back(1, static_cast<char>('a' + rng.below(5)));
  for (std::uint64_t i = rng.below(4); i > 0; --i)
    plain.words.insert("w" + std::to_string(rng.below(6)));
  return plain;
}

// Changes both in the same way.
void change(SeededRng& rng, Store& store, Collection& all) {
  for (int i = 0; i < 60; ++i) {
    const std::string id = std::to_string(100 + rng.below(80));
    if (rng.below(4) == 0) {
      const Action gone{.op = Op::remove, .index = "i", .id = id};
      REQUIRE(store.bulk({&gone, 1}).value().items[0].status == (all.erase(id) ? 200 : 404));
      continue;
    }
    const Plain plain = any_document(rng);
    const std::string text = plain.json();
    const Action action{.index = "i", .id = id, .document = text};
    const bool there = all.contains(id);
    REQUIRE(store.bulk({&action, 1}).value().items[0].status == (there ? 200 : 201));
    all[id] = plain;
  }
}

struct Condition {
  std::string json;
  std::function<bool(const std::string&, const Plain&)> holds;
};

Condition any_condition(SeededRng& rng, int depth) {
  const std::uint64_t kind = rng.below(depth > 0 ? 8 : 5);
  const int n = static_cast<int>(rng.below(20)) - 5;
  const std::string tag(1, static_cast<char>('a' + rng.below(6)));
  const std::string word = "w" + std::to_string(rng.below(7));
  const std::string id = std::to_string(100 + rng.below(80));
  if (kind == 0)
    return {R"({"term":{"tags":")" + tag + "\"}}",
            [tag](const std::string&, const Plain& p) { return p.has_tag(tag); }};
  if (kind == 1)
    return {R"({"range":{"n":{"gte":)" + std::to_string(n) + R"(,"lt":)" + std::to_string(n + 6) +
                "}}}",
            [n](const std::string&, const Plain& p) { return p.n && *p.n >= n && *p.n < n + 6; }};
  if (kind == 2)
    return {R"({"match":{"t":")" + word + "\"}}",
            [word](const std::string&, const Plain& p) { return p.words.contains(word); }};
  if (kind == 3)
    return {R"({"ids":{"values":[")" + id + "\"]}}",
            [id](const std::string& i, const Plain&) { return i == id; }};
  if (kind == 4)
    return {R"({"exists":{"field":"n"}})",
            [](const std::string&, const Plain& p) { return p.n.has_value(); }};
  const Condition a = any_condition(rng, depth - 1);
  const Condition b = any_condition(rng, depth - 1);
  if (kind == 5)
    return {
        R"({"bool":{"must":[)" + a.json + ',' + b.json + "]}}",
        [a, b](const std::string& i, const Plain& p) { return a.holds(i, p) && b.holds(i, p); }};
  if (kind == 6)
    return {
        R"({"bool":{"should":[)" + a.json + ',' + b.json + "]}}",
        [a, b](const std::string& i, const Plain& p) { return a.holds(i, p) || b.holds(i, p); }};
  return {R"({"bool":{"filter":)" + a.json + R"(,"must_not":[)" + b.json + "]}}",
          [a, b](const std::string& i, const Plain& p) { return a.holds(i, p) && !b.holds(i, p); }};
}

std::string real(double value) {
  std::string text = std::to_string(static_cast<long long>(value));
  return text + ".0";
}

// By tag, in the order of the tags: how many documents, and the sum, least and greatest of n.
std::string by_tag(const Collection& all, const Condition& condition) {
  struct Sum {
    int documents = 0;
    double sum = 0;
    std::optional<int> least;
    std::optional<int> greatest;
  };
  std::map<std::string, Sum> sums;
  for (const auto& [id, plain] : all) {
    if (!condition.holds(id, plain)) continue;
    for (const std::string& tag : std::set<std::string>(plain.tags.begin(), plain.tags.end())) {
      Sum& s = sums[tag];
      ++s.documents;
      if (!plain.n) continue;
      s.sum += *plain.n;
      s.least = std::min(s.least.value_or(*plain.n), *plain.n);
      s.greatest = std::max(s.greatest.value_or(*plain.n), *plain.n);
    }
  }
  std::string out = R"({"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[)";
  for (const auto& [tag, s] : sums) {
    out += (out.back() == '[' ? "" : ",") + std::string(R"({"key":")") + tag + R"(","doc_count":)" +
           std::to_string(s.documents) + R"(,"s":{"value":)" + real(s.sum) + R"(},"l":{"value":)" +
           (s.least ? real(*s.least) : "null") + R"(},"g":{"value":)" +
           (s.greatest ? real(*s.greatest) : "null") + "}}";
  }
  return out + "]}";
}

std::string by_fives(const Collection& all, const Condition& condition) {
  std::map<int, int> counts;
  for (const auto& [id, plain] : all)
    if (plain.n && condition.holds(id, plain)) ++counts[(*plain.n + 100) / 5 * 5 - 100];
  std::string out = R"({"buckets":[)";
  if (!counts.empty())
    for (int key = counts.begin()->first; key <= counts.rbegin()->first; key += 5)
      out += (out.back() == '[' ? "" : ",") + std::string(R"({"key":)") + real(key) +
             R"(,"doc_count":)" + std::to_string(counts[key]) + '}';
  return out + "]}";
}

}  // namespace

TEST_CASE("Searches and aggregations come to what a plain program computes") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    IndexFixture f;
    f.store
        .create_if_absent("i", R"({"mappings":{"properties":{"n":{"type":"integer"},
        "tags":{"type":"keyword"},"t":{"type":"text"}}}})")
        .value();
    Collection all;
    for (int round = 0; round < 3; ++round) {
      change(rng, f.store, all);
      for (int i = 0; i < 15; ++i) {
        const Condition condition = any_condition(rng, 2);
        INFO(condition.json);
        std::string expected;
        for (const auto& [id, plain] : all)
          if (condition.holds(id, plain)) expected += (expected.empty() ? "" : " ") + id;
        CHECK(f.hits(R"({"size":1000,"sort":"_id","query":)" + condition.json + '}') == expected);
        const std::string answer =
            f.store
                .search("i", R"({"size":0,"query":)" + condition.json +
                                 R"(,"aggs":{"t":{"terms":{"field":"tags","order":{"_key":"asc"}},
                "aggs":{"s":{"sum":{"field":"n"}},"l":{"min":{"field":"n"}},"g":{"max":{"field":"n"}}}},
                "h":{"histogram":{"field":"n","interval":5}}}})")
                .value();
        const std::string wanted = R"("aggregations":{"t":)" + by_tag(all, condition) + R"(,"h":)" +
                                   by_fives(all, condition) + "}}";
        CHECK(answer.substr(answer.find("\"aggregations\"")) == wanted);
      }
    }
    CHECK(f.store.count("i").value() == all.size());
  }
}
