# Everything from outside, in one place. Debian 12's packages are enough; any newer ones will do.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 3.38 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Snappy CONFIG REQUIRED)
