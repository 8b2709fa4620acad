-- +goose Up

-- The history is filed under the month its instance was started, as yyyymm in
-- UTC. A table with rowids: rows are appended where they arrive, and a walk
-- along the key does not read them.
create table fact_by_month (
  month    integer not null,
  instance integer not null,
  seq      integer not null,
  n        integer not null,
  at       integer not null,
  facts    blob    not null,         -- JSON array
  primary key (month, instance, seq)
);
insert into fact_by_month (month, instance, seq, n, at, facts)
  select cast(strftime('%Y%m', i.started / 1000000, 'unixepoch') as integer), f.instance, f.seq, f.n, f.at, f.facts
  from fact f join instance i on i.id = f.instance order by f.instance, f.seq;
drop table fact;
alter table fact_by_month rename to fact;

-- How many days an ended instance is kept, 0 for ever.
alter table workflow add column keep_days integer not null default 0;
create index instance_ended on instance (workflow, ended) where ended > 0;

-- What must not be removed, and why. One of workflow, instance and person says
-- what; the others are 0 and ''. A hold that was lifted stays on record.
create table legal_hold (
  id          integer primary key,
  workflow    integer not null,
  instance    integer not null,
  person      text    not null,      -- who started it or decided in it
  reason      text    not null,
  placed      integer not null,
  placed_by   text    not null,
  lifted      integer not null,
  lifted_by   text    not null,
  lift_reason text    not null
);
create index legal_hold_open on legal_hold (id) where lifted = 0;

-- What retention has removed: a row for each day, workflow and rule.
create table removed (
  day       integer not null,        -- yyyymmdd in UTC
  workflow  integer not null,
  keep_days integer not null,        -- the rule it went by
  instances integer not null,
  oldest    integer not null,        -- when the first of them had ended
  newest    integer not null,        -- and the last
  at        integer not null,        -- when the last was removed
  highest   integer not null,        -- the highest number among them: numbers are not used again
  primary key (day, workflow, keep_days)
) without rowid;

-- Months whose history goes as a whole once their instances are gone.
create table month_going (
  month integer primary key,
  since integer not null
);
