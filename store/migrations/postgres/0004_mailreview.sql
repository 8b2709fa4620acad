-- +goose Up

-- What people look through is little beside what went well: these stay small.
create index mail_out_trouble on mail_out (state, id) where state in ('doubtful', 'failed');
create index mail_out_bounced on mail_out (id) where bounce <> '';
