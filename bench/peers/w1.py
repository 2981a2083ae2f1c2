#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""w1.py polars|duckdb IN.csv OUT.jsonl: W1 from a file to a file on one thread.

Runs twice, the first time to warm up, and prints `seconds S` of the second time.
"""
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"  # it is read when Polars is loaded


def polars(source, target):
    import polars as pl

    start = pl.col("Start_Time").str.strptime(pl.Datetime, "%m/%d/%Y %H:%M")
    query = (
        pl.scan_csv(source, infer_schema=False, schema_overrides={"Severity": pl.Int32})
        .filter(pl.col("Severity") > 3)
        .select(pl.col("ID").alias("id"), pl.col("Severity").alias("severity"),
                start.dt.strftime("%Y-%m-%dT%H:%M:%S").alias("start_time"),
                pl.col("City").alias("city"), pl.col("County").alias("county")))
    return lambda: query.sink_ndjson(target)


def duckdb(source, target):
    import duckdb as db

    connection = db.connect()
    connection.execute("SET threads = 1")
    return lambda: connection.execute(f"""
        COPY (SELECT ID AS id, Severity::INTEGER AS severity,
                     strftime(strptime(Start_Time, '%-m/%-d/%Y %-H:%M'), '%Y-%m-%dT%H:%M:%S')
                       AS start_time,
                     City AS city, County AS county
              FROM read_csv('{source}', header = true, all_varchar = true)
              WHERE Severity::INTEGER > 3)
        TO '{target}' (FORMAT json)""")


run = {"polars": polars, "duckdb": duckdb}[sys.argv[1]](sys.argv[2], sys.argv[3])
for _ in range(2):
    begin = time.perf_counter()
    run()
    seconds = time.perf_counter() - begin
print("seconds", seconds)
