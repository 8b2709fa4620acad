-- +goose Up

-- How the sender was recognised, and who was behind them: on record with what it leads to.
alter table message add column how    text collate "C" not null default '';
alter table message add column behind text collate "C" not null default '';

-- Bytes of vars, so that what one sender has waiting can be counted without reading it.
alter table message add column size bigint not null default 0;
update message set size = length(vars);

-- When somebody last began to look who wants it: whoever waited then need not be asked again.
alter table message add column looked bigint not null default 0;
alter table begins  add column since  bigint not null default 0;

create index message_sender on message (source, size) where state = 'waiting';
create index message_source on message (source, id);
