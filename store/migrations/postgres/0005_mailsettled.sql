-- +goose Up

-- When an administrator last dealt with a mail that was doubtful or had failed.
-- What has changed its state since is to be looked at again.
alter table mail_out add column settled bigint not null default 0;
create index mail_out_look on mail_out (id) where state not in ('queued', 'sending', 'sent') and settled < since;
