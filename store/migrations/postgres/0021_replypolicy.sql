-- +goose Up

-- What the step allows whoever answers its mail.
alter table reply_address add column demand text collate "C" not null default '[]';          -- JSON list of actions that demand a comment
alter table reply_address add column strict bigint not null default 0;          -- 1: only the strongest proof of the sender counts
alter table reply_address add column substitutes bigint not null default 0;     -- 1: another recipient of the task may answer, for themselves
