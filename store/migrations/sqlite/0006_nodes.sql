-- +goose Up

-- The servers at work on this database. One that does not renew its row is taken
-- for dead, and what it had taken is free again.
create table node (
  id      text primary key,         -- made anew at every start
  name    text not null,            -- for people
  version text not null,            -- of the program
  started integer not null,
  renewed integer not null,
  until   integer not null
) without rowid;

-- What one node at a time may do. The token grows with every holder: what was
-- written under an older one counts no more.
create table lease (
  name   text primary key,
  holder text not null,             -- which node has it; '' nobody
  token  integer not null,
  until  integer not null,          -- when it is free, unless it is renewed
  note   text not null              -- how its holder fares, JSON
) without rowid;

-- Under which token of the mailroom's lease a mail was taken last.
alter table mail_out add column token integer not null default 0;
