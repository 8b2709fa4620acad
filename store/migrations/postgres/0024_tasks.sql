-- +goose Up

-- The answers to tasks that take several, one after the other; those that take
-- one have theirs in task.
create table answer (
  instance  bigint not null,
  seq       bigint not null,         -- of the task
  n         bigint not null,         -- 1 for the first
  principal text collate "C" not null,
  action    text collate "C" not null,
  at        bigint not null,
  primary key (instance, seq, n)
);
create index answer_of on answer (principal, at, instance, seq);
