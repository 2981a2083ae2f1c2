// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "millrace/core/text.hpp"
#include "millrace/formats/describe.hpp"

namespace bank {

using millrace::Text;

/// A row of the set: a client who was called, and whether a deposit came of it. The description's
/// order is that of the row's fields and of the JSON's keys.
struct Client {
  Text age, job, marital, education, in_default;
  std::int64_t balance = 0;
  Text housing, loan, contact;
  std::int64_t days = 0;
  Text month, duration, campaign;
  std::int64_t pdays = 0, previous = 0;
  Text poutcome, deposit;
};
constexpr auto describe(millrace::type<Client>) {
  using C = Client;
  return millrace::fields("Age", &C::age, "Job", &C::job, "Marital", &C::marital, "Education",
                          &C::education, "Default", &C::in_default, "Balance", &C::balance,
                          "Housing", &C::housing, "Loan", &C::loan, "Contact", &C::contact, "Days",
                          &C::days, "Month", &C::month, "Duration", &C::duration, "Campaign",
                          &C::campaign, "PDays", &C::pdays, "Previous", &C::previous, "Poutcome",
                          &C::poutcome, "Deposit", &C::deposit);
}

}  // namespace bank
