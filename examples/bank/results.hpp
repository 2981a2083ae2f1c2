// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "common/page.hpp"
#include "config.hpp"
#include "millrace/core/env.hpp"
#include "millrace/firehose/delivery_destination.hpp"
#include "millrace/index/store.hpp"
#include "millrace/store/directory.hpp"
#include "panels.hpp"

namespace bank {

/// Where the deliveries' records end.
struct Destinations {
  millrace::index::Store index;
  millrace::store::Directory lake;
  millrace::store::Directory backup;
};
/// Errors: Failure.
Destinations open_destinations(millrace::Env& env, const Config& config);

/// The index for a delivery: clients as documents, each by an id that is made of its bytes.
millrace::firehose::Destination documents_of(const Destinations& destinations);

/// What is known after a run: everything that the terminal and the page show.
struct Results {
  std::vector<examples::ReportNumber> numbers;
  std::vector<Panel> panels;
  std::vector<examples::Table> tables;  ///< the catalog, the query, what failed
  examples::Table columns;              ///< the catalog's, one a row; on the page only
  std::vector<examples::ReportPlace> places;
};
/// Crawls the lake, then asks index, lake and error objects. Errors: theirs.
millrace::Result<Results> read_results(millrace::Env& env, const Config& config,
                                       Destinations& destinations);

std::string results_text(const Results& results);
std::string results_html(const Results& results);

}  // namespace bank
