// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Marks what a shared build shows; everything else has hidden visibility.
#if defined(__GNUC__)
#define MILLRACE_EXPORT __attribute__((visibility("default")))
#else
#define MILLRACE_EXPORT
#endif
