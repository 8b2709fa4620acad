-- +goose Up

-- When the last step was taken: no later one is dated before it, whatever the
-- clock of the server that takes it says. 0 is not known.
alter table instance add column moved integer not null default 0;
