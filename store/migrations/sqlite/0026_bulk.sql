-- +goose Up

-- Something that is done to many incidents, one after the other, by one server
-- of many at a time.
create table bulk (
  id       integer primary key,
  kind     text    not null,         -- retry, skip, cancel
  caller   blob    not null,         -- who asked for it, as JSON: with their rights it is done
  by_whom  text    not null,
  workflow integer not null,         -- what was asked for; 0 any
  node     text    not null,         -- '' any
  code     text    not null,         -- '' any
  reason   text    not null,
  outcome  text    not null,
  vars     blob    not null,         -- a context, as expressions are stored; '' none
  made     integer not null,
  ended    integer not null,         -- 0 while there is something left to do
  stopped  integer not null,         -- 1: somebody stopped it
  total    integer not null,
  done     integer not null,
  failed   integer not null,
  passed   integer not null          -- were dealt with already when their turn came
);
create index bulk_open on bulk (id) where ended = 0;

-- Its incidents, and what became of each.
create table bulk_item (
  bulk     integer not null,
  n        integer not null,         -- 1 for the first
  instance integer not null,
  seq      integer not null,         -- of the incident
  state    text    not null,         -- waiting, done, failed, passed
  code     text    not null,         -- why it failed
  cause    text    not null,
  at       integer not null,
  primary key (bulk, n)
) without rowid;
create index bulk_item_waiting on bulk_item (bulk, n) where state = 'waiting';
