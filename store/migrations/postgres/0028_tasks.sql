-- +goose Up

-- What is in the files that people add to tasks and instances. What they are
-- called is in the history as well.
create table attachment (
  instance bigint not null,
  seq      bigint not null,           -- its number in the instance
  task     bigint not null,           -- 0: about the instance
  name     text collate "C" not null,
  type     text collate "C" not null,
  bytes    bigint not null,
  digest   text collate "C" not null, -- SHA-256
  at       bigint not null,
  by_whom  text collate "C" not null,
  acted    text collate "C" not null, -- who did it in their name; '' they themselves
  content  bytea not null,
  primary key (instance, seq)
);
alter table attachment alter column content set storage external; -- most are compressed already

-- Who really did what is closed or answered in another's name; '' they themselves.
alter table task add column acted text collate "C" not null default '';
create index task_acted on task (acted, closed, instance, seq) where acted <> '';
alter table answer add column acted text collate "C" not null default '';
create index answer_acted on answer (acted, at, instance, seq) where acted <> '';
