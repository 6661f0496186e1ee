"""Reads the archive as an analyst would: archive.py FILE..., and prints one JSON object with what is in it."""

import json
import sys

import duckdb

FACTS = """
    SELECT count(*), sum(id % 4398046511104)::BIGINT, sum(program_id)::BIGINT, min(timestamp)::VARCHAR, max(timestamp)::VARCHAR,
        sum((payload->>'$.systolic')::DOUBLE)::BIGINT, count(DISTINCT family_id), count(*) FILTER (WHERE current),
        bool_and(log_type = 'C' AND status = 'V')
    FROM read_parquet($files)
"""
NAMES = ["revisions", "ids", "programs", "first", "last", "systolic", "families", "current", "kinds_fit"]

if len(sys.argv) < 2:
    sys.exit(__doc__)
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
facts = database.execute(FACTS, {"files": sys.argv[1:]}).fetchone()
print(json.dumps(dict(zip(NAMES, facts))))
