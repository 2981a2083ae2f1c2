// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/budget.hpp"

namespace millrace {

void FlowBudget::watch(Signal& signal) { watchers_.push_back(&signal); }

}  // namespace millrace
