// SPDX-License-Identifier: BSL-1.0
#include "rocksdb/scratch_files.hpp"

#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace millrace::detail {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class ScratchFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return {}; }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return {}; }
};

class ScratchFolder final : public rocksdb::FSDirectoryWrapper {
 public:
  using FSDirectoryWrapper::FSDirectoryWrapper;
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return {}; }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return {};
  }
};

class ScratchFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "millrace scratch files"; }
  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    IOStatus opened = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (opened.ok()) *file = std::make_unique<ScratchFile>(std::move(*file));
    return opened;
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        IODebugContext* debug) override {
    IOStatus opened = FileSystemWrapper::NewDirectory(name, options, folder, debug);
    if (opened.ok()) *folder = std::make_unique<ScratchFolder>(std::move(*folder));
    return opened;
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> scratch_files() {
  return rocksdb::NewCompositeEnv(
      std::make_shared<ScratchFileSystem>(rocksdb::FileSystem::Default()));
}

}  // namespace millrace::detail
