-- +goose Up

-- When another system last said what somebody belongs to: an older word that
-- comes later, in a token still valid, must not undo a newer one.
alter table identity_link add column said bigint not null default 0;

-- What people are called elsewhere finds them, too: a upn that a K2 client sends.
create index identity_link_label on identity_link (lower(label));
