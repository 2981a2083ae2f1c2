// SPDX-License-Identifier: BSL-1.0
#include "panels.hpp"

#include <algorithm>
#include <array>

#include "millrace/formats/json.hpp"

namespace bank {

using namespace millrace;
using examples::decimal;
using examples::grouped;

namespace {

constexpr std::string_view search = R"({"size":0,"aggs":{
  "deposits":{"terms":{"field":"Job","size":1000},"aggs":{"by":{"terms":{"field":"Deposit"}}}},
  "balance":{"terms":{"field":"Education","size":1000,"order":{"mean":"desc"}},"aggs":{"mean":{"avg":{"field":"Balance"}}}},
  "contacts":{"terms":{"field":"Month","size":1000}}}})";

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};

struct Mean {
  double value = 0;
};
constexpr auto describe(type<Mean>) { return fields("value", &Mean::value); }

struct Answer {
  std::string key;
  std::uint64_t count = 0;
};
constexpr auto describe(type<Answer>) {
  return fields("key", &Answer::key, "doc_count", &Answer::count);
}
struct Answers {
  std::vector<Answer> buckets;
};
constexpr auto describe(type<Answers>) { return fields("buckets", &Answers::buckets); }

struct Bucket {
  std::string key;
  std::uint64_t count = 0;
  std::optional<Mean> mean;
  std::optional<Answers> by;
};
constexpr auto describe(type<Bucket>) {
  return fields("key", &Bucket::key, "doc_count", &Bucket::count, "mean", &Bucket::mean, "by",
                &Bucket::by);
}
struct Buckets {
  std::vector<Bucket> buckets;
};
constexpr auto describe(type<Buckets>) { return fields("buckets", &Buckets::buckets); }

struct Aggregations {
  Buckets deposits, balance, contacts;
};
constexpr auto describe(type<Aggregations>) {
  return fields("deposits", &Aggregations::deposits, "balance", &Aggregations::balance, "contacts",
                &Aggregations::contacts);
}
struct Found {
  Aggregations aggregations;
};
constexpr auto describe(type<Found>) { return fields("aggregations", &Found::aggregations); }

std::uint64_t deposits_of(const Bucket& job) {
  const auto yes = std::ranges::find(job.by->buckets, "yes", &Answer::key);
  return yes == job.by->buckets.end() ? 0 : yes->count;
}

Panel deposits_by_job(std::vector<Bucket> jobs) {
  std::ranges::stable_sort(jobs, std::ranges::greater{}, deposits_of);
  Panel panel{{"Deposits by job", "one", {}},
              {"Deposits by job", {"job", "deposits", "clients", "share"}, {}}};
  for (const Bucket& job : jobs) {
    const std::uint64_t deposits = deposits_of(job);
    const double share = 100.0 * static_cast<double>(deposits) / static_cast<double>(job.count);
    panel.chart.columns.push_back({job.key, static_cast<double>(deposits)});
    panel.table.rows.push_back(
        {job.key, grouped(deposits), grouped(job.count), decimal(share) + " %"});
  }
  return panel;
}

Panel balance_by_education(const Buckets& educations) {
  Panel panel{{"Mean balance by education", "two", {}},
              {"Mean balance by education", {"education", "mean balance", "clients"}, {}}};
  for (const Bucket& education : educations.buckets) {
    panel.chart.columns.push_back({education.key, education.mean->value});
    panel.table.rows.push_back(
        {education.key, decimal(education.mean->value), grouped(education.count)});
  }
  return panel;
}

Panel contacts_by_month(std::vector<Bucket> by_month) {
  const auto place = [](const Bucket& b) {
    return std::ranges::find(months, b.key) - months.begin();
  };
  std::ranges::stable_sort(by_month, {}, place);
  Panel panel{{"Contacts by month", "three", {}}, {"Contacts by month", {"month", "contacts"}, {}}};
  for (const Bucket& month : by_month) {
    panel.chart.columns.push_back({month.key, static_cast<double>(month.count)});
    panel.table.rows.push_back({month.key, grouped(month.count)});
  }
  return panel;
}

}  // namespace

Result<std::vector<Panel>> panels(const index::Store& store) {
  Result<std::string> answer = store.search(index_name, search);
  if (!answer) return answer.take_error();
  ArenaPool arenas;
  TextWriter text(arenas);
  Found found;
  auto decoded = json::as<Found>().decode(Text(*answer), found, text);
  if (!decoded) return decoded.take_error();
  const Aggregations& a = found.aggregations;
  return std::vector<Panel>{deposits_by_job(a.deposits.buckets), balance_by_education(a.balance),
                            contacts_by_month(a.contacts.buckets)};
}

}  // namespace bank
