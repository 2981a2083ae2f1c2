# Everything from outside, in one place. Debian 12's packages are enough; any newer ones will do.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 3.38 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Snappy CONFIG REQUIRED)

# Optional: state larger than memory.
set(MILLRACE_HAS_ROCKSDB FALSE)
if(MILLRACE_ROCKSDB)  # AUTO counts as true
  set(required "")
  if(NOT MILLRACE_ROCKSDB STREQUAL "AUTO")
    set(required REQUIRED)
  endif()
  find_package(RocksDB CONFIG ${required} QUIET)
  if(RocksDB_FOUND)
    set(MILLRACE_HAS_ROCKSDB TRUE)
    set(MILLRACE_ROCKSDB_TARGET RocksDB::rocksdb)
    if(TARGET RocksDB::rocksdb-shared)  # as Debian has it, beside the archive
      set(MILLRACE_ROCKSDB_TARGET RocksDB::rocksdb-shared)
    endif()
  endif()
endif()
