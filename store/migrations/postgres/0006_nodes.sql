-- +goose Up

-- The servers at work on this database. One that does not renew its row is taken
-- for dead, and what it had taken is free again.
create table node (
  id      text collate "C" primary key,      -- made anew at every start
  name    text collate "C" not null,         -- for people
  version text collate "C" not null,         -- of the program
  started bigint not null,
  renewed bigint not null,
  until   bigint not null
) with (fillfactor = 50);

-- What one node at a time may do. The token grows with every holder: what was
-- written under an older one counts no more.
create table lease (
  name   text collate "C" primary key,
  holder text collate "C" not null,          -- which node has it; '' nobody
  token  bigint not null,
  until  bigint not null,           -- when it is free, unless it is renewed
  note   text collate "C" not null           -- how its holder fares, JSON
) with (fillfactor = 50);

-- Under which token of the mailroom's lease a mail was taken last.
alter table mail_out add column token bigint not null default 0;
