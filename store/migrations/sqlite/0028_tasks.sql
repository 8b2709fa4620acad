-- +goose Up

-- What is in the files that people add to tasks and instances. What they are
-- called is in the history as well.
create table attachment (
  instance integer not null,
  seq      integer not null,          -- its number in the instance
  task     integer not null,          -- 0: about the instance
  name     text    not null,
  type     text    not null,
  bytes    integer not null,
  digest   text    not null,          -- SHA-256
  at       integer not null,
  by_whom  text    not null,
  acted    text    not null,          -- who did it in their name; '' they themselves
  content  blob    not null,
  primary key (instance, seq)
);

-- Who really did what is closed or answered in another's name; '' they themselves.
alter table task add column acted text not null default '';
create index task_acted on task (acted, closed, instance, seq) where acted <> '';
alter table answer add column acted text not null default '';
create index answer_acted on answer (acted, at, instance, seq) where acted <> '';
