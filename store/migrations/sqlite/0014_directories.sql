-- +goose Up

-- Who and what directories tell of, as it was last taken.
create table directory_entry (
  source  text    not null,         -- ldap:NAME, entra:TENANT, scim:NAME
  subject text    not null,
  kind    integer not null,         -- 0 person, 1 group
  state   integer not null,         -- 0 there, 1 disabled there, 2 gone
  name    text    not null,
  login   text    not null,         -- of people, in lower case
  label   text    not null,         -- of people, in lower case
  manager text    not null,         -- subject, '' none
  mark    text    not null,         -- stands for all that was told; '' to be taken again
  primary key (source, subject)
) without rowid;
create index directory_entry_login on directory_entry (source, login) where login <> '';
create index directory_entry_label on directory_entry (source, label) where label <> '';
create index directory_entry_manager on directory_entry (source, manager) where manager <> '';

-- Who is in which group there, whether or not they are known here.
create table directory_edge (
  source   text    not null,
  outer_is text    not null,        -- subject of the group
  inner_is text    not null,        -- subject of who is in it
  told     integer not null,        -- 0 by the group, 1 by the member: its primary group
  primary key (source, outer_is, inner_is, told)
) without rowid;
create index directory_edge_inner on directory_edge (source, inner_is, outer_is);

-- How far a directory has been read.
create table directory_state (
  source text    not null primary key,
  mark   text    not null,          -- where to go on; the directory's own words
  whole  integer not null,          -- when everything was last read; 0 never
  agreed integer not null           -- an administrator has begun the first sync
);

-- What syncs did.
create table directory_run (
  id     integer primary key,
  source text    not null,
  node   text    not null,
  how    text    not null,          -- by whom: a principal, or 'schedule'
  state  text    not null,          -- running, done, stopped, failed
  began  integer not null,
  ended  integer not null,          -- 0 not yet
  body   blob    not null           -- JSON: what was done
);
create index directory_run_source on directory_run (source, id);
