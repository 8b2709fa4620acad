-- +goose Up

-- Where a session came from, so that people can tell theirs apart and a
-- provider can end those it began.
alter table session add column begun    bigint not null default 0;
alter table session add column seen     bigint not null default 0;   -- roughly
alter table session add column place    text collate "C" not null default '';  -- address of the client
alter table session add column agent    text collate "C" not null default '';  -- the browser, as it calls itself
alter table session add column provider text collate "C" not null default '';  -- in the sign-in setting; '' a password
alter table session add column issuer   text collate "C" not null default '';  -- who vouched for the person
alter table session add column subject  text collate "C" not null default '';  -- and called them this
alter table session add column sid      text collate "C" not null default '';  -- and the session that
alter table session add column id_token text collate "C" not null default '';  -- locked; for signing out there
create index session_issuer on session (issuer, subject) where issuer <> '';

-- What must be known for a short time on all servers: which sign-in was
-- finished, which logout token came, which one-time link is good.
create table ticket (
  key   text collate "C" not null primary key,
  until bigint not null,
  body  bytea    not null
);
create index ticket_until on ticket (until);
