-- +goose Up

-- The answers to tasks that take several, one after the other; those that take
-- one have theirs in task.
create table answer (
  instance  integer not null,
  seq       integer not null,        -- of the task
  n         integer not null,        -- 1 for the first
  principal text    not null,
  action    text    not null,
  at        integer not null,
  primary key (instance, seq, n)
) without rowid;
create index answer_of on answer (principal, at, instance, seq);
