// SPDX-License-Identifier: BSL-1.0
#pragma once
// The core of the library: topologies, streams and the pipeline that runs them. Formats, connectors
// and Asio have headers of their own.
#include "millrace/core/units.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "millrace/stream/keyed_stream.hpp"
#include "millrace/stream/topology.hpp"
#include "millrace/version.hpp"
