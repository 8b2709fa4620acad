-- +goose Up

-- Orders that cannot go on now, and their incidents, are put off, so that others
-- have their turn.
alter table bulk add column due     bigint not null default 0;    -- when it goes on
alter table bulk add column attempt bigint not null default 0;    -- how often it was put off in turn
alter table bulk add column cause   text collate "C" not null default '';   -- why, or why it stopped by itself
alter table bulk_item add column attempt bigint not null default 0;
alter table bulk_item add column due     bigint not null default 0;

drop index bulk_open;
create index bulk_due on bulk (due, id) where ended = 0;
create index bulk_ended on bulk (ended) where ended > 0;
create index bulk_item_due on bulk_item (bulk, due, n) where state = 'waiting';
create index bulk_item_instance on bulk_item (instance);
