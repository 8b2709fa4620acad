-- +goose Up

-- Systems that workflows and people call, each with its settings.
create table service (
  name       text collate "C" not null primary key, -- as workflows name it
  title      text collate "C" not null,
  type       text collate "C" not null,
  mode       text collate "C" not null,             -- how calls sign in
  resource   text collate "C" not null,             -- OAuth resource, '' none
  audience   text collate "C" not null,
  body       bytea  not null,             -- JSON: keys; secrets in it are locked
  rev        bigint not null,
  at         bigint not null,             -- when it was last saved
  by_whom    text collate "C" not null,
  objects    bytea  not null,             -- JSON: what it offers, as generated; empty: nothing yet
  objects_rev bigint not null,
  objects_at bigint not null              -- 0 never
);

create table service_right (
  service   text collate "C" not null,
  principal text collate "C" not null,
  name      text collate "C" not null,                 -- use, change
  primary key (service, principal, name)
);
