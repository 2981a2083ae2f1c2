// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <rocksdb/env.h>

#include <memory>

namespace millrace::detail {

/// The machine's files, but that nothing is synced: what is lost with the process need not survive
/// the machine either, and a sync may cost more than all else that a flush does.
std::unique_ptr<rocksdb::Env> scratch_files();

}  // namespace millrace::detail
