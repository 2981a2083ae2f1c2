// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/step.hpp"

#include <new>

#include "millrace/graph/node.hpp"
#include "millrace/graph/topology_error.hpp"

namespace millrace {

Step::Step(const StepContext& context)
    : lane_(context.lane),
      name_(context.name),
      subtask_(context.subtask),
      rank_(context.lane.next_rank()) {}
Step::~Step() = default;
Node::~Node() = default;
std::unique_ptr<Step> Node::make_diverted(const StepContext& context, const std::string&) {
  return make(context);
}

void Step::save(Barrier&) const {}

Result<void> Step::load(const StateItem&) {
  return Error(Errc::unsupported, "step \"" + name_ +
                                      "\": the snapshot holds state for it, but this step keeps "
                                      "none; give the changed step a new name");
}

Error named_error(const Step& step, const Error& error) {
  const std::string prefix = "step \"" + step.name() + "\": ";
  if (error.message().starts_with(prefix)) return error;
  return {error.code(), prefix + error.message()};
}

std::exception_ptr named_failure(const Step& step, std::exception_ptr thrown) {
  const auto named = [&](const Error& error) {
    return std::make_exception_ptr(Failure(named_error(step, error)));
  };
  try {
    std::rethrow_exception(thrown);
  } catch (const DownstreamFailure& failure) {
    return failure.cause;
  } catch (const std::bad_alloc&) {
    return thrown;
  } catch (const Failure& failure) {
    return named(failure.error());
  } catch (const std::exception& e) {
    return named({Errc::user_code, e.what()});
  } catch (...) {
    return named({Errc::user_code, "something that is no std::exception was thrown"});
  }
}

TopologyError::TopologyError(const Name& step, const std::string& what)
    : std::logic_error(std::string(step.where.file_name()) + ":" +
                       std::to_string(step.where.line()) + ": step \"" + step.text +
                       "\": " + what) {}

}  // namespace millrace
