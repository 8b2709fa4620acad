-- +goose Up

-- A command that lacks a connection, such as somebody's token for their mailbox,
-- is parked: due is 0 and waits_for names what it lacks, until that is there. While
-- it looks whether it is, and until it has found out, waits_for stays.
alter table outbox add column waits_for text not null default ''; -- "office|user:7|", as whoever gives it names it; '' nothing
alter table outbox add column waits_who text not null default ''; -- whose it is to give; '' an administrator's
alter table outbox add column waits_why text not null default ''; -- for people
alter table outbox add column waits_since integer not null default 0;
alter table outbox add column parked integer not null default 0;     -- how many of its attempts came to that: they do not count

create index outbox_waits_for on outbox (waits_for, key) where waits_for <> '';
create index outbox_waits_who on outbox (waits_who, waits_for, key) where waits_for <> '';
