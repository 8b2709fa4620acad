-- +goose Up

-- Systems that workflows and people call, each with its settings.
create table service (
  name       text    not null primary key, -- as workflows name it
  title      text    not null,
  type       text    not null,
  mode       text    not null,             -- how calls sign in
  resource   text    not null,             -- OAuth resource, '' none
  audience   text    not null,
  body       blob    not null,             -- JSON: keys; secrets in it are locked
  rev        integer not null,
  at         integer not null,             -- when it was last saved
  by_whom    text    not null,
  objects    blob    not null,             -- JSON: what it offers, as generated; empty: nothing yet
  objects_rev integer not null,
  objects_at integer not null              -- 0 never
) without rowid;

create table service_right (
  service   text not null,
  principal text not null,
  name      text not null,                 -- use, change
  primary key (service, principal, name)
) without rowid;
