-- Every kind of plan, one after the other: runs check_equal(PLAN) under each, of the test that includes this with \ir after
-- plans.sql. psql variables name the views whose plans are looked at: `grouped`, and `partial`, whose states are combined. Plans are
-- parallel from here on.
SET max_parallel_workers_per_gather = 0;
SET enable_sort = off;
SET journey.partition_sort = off;
SELECT matches(explained('SELECT * FROM ' || :'grouped'), 'HashAggregate', 'a hashed plan');
SELECT check_equal('hashed');
SET work_mem = '64kB';
SELECT matches(explained('SELECT * FROM ' || :'grouped'), 'Disk Usage: \d+kB', 'a spilling plan');
SELECT check_equal('spilled');
RESET work_mem;
SET enable_hashagg = off;
RESET journey.partition_sort;
SELECT matches(explained('SELECT * FROM ' || :'grouped'), 'GroupAggregate.*Partition Sort', 'a plan with a partition sort');
SELECT check_equal('partition sort');
RESET enable_sort;
SELECT matches(explained('SELECT * FROM ' || :'grouped'), 'GroupAggregate', 'a sorted plan');
SELECT check_equal('sorted');
RESET enable_hashagg;
SET enable_partitionwise_aggregate = on;
SELECT matches(explained('SELECT * FROM ' || :'grouped'), 'Append', 'a partition-wise plan');
SELECT check_equal('partition-wise');
RESET enable_partitionwise_aggregate;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT matches(explained('SELECT * FROM ' || :'partial'), 'Partial', 'a parallel plan');
SELECT check_equal('parallel');
