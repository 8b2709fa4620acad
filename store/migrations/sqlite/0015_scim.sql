-- +goose Up

-- Users and groups as SCIM clients wrote them. What becomes of them here is in
-- account and people_group.
create table scim_resource (
  n        integer primary key,     -- the order of lists
  client   text    not null,        -- the directory's name
  id       text    not null,        -- what we call it, for ever
  kind     integer not null,        -- 0 user, 1 group
  key      text    not null,        -- userName or displayName, folded
  label    text    not null,        -- the same as written
  external text    not null,        -- what the client calls it
  rev      integer not null,        -- counts changes, those of members too
  taken    integer not null,        -- the revision that people and groups have become, as far as we know
  gone     integer not null,        -- deleted, and soon forgotten
  created  integer not null,
  changed  integer not null,
  body     blob    not null         -- JSON, without members
);
create unique index scim_id on scim_resource (client, id);
create unique index scim_user on scim_resource (client, key) where kind = 0 and gone = 0;
create index scim_key on scim_resource (client, kind, gone, key);
create index scim_external on scim_resource (client, kind, gone, external);
create index scim_list on scim_resource (client, kind, gone, n);
create index scim_untaken on scim_resource (client, n) where taken < rev;

create table scim_member (
  client   text not null,
  in_group text not null,           -- id
  member   text not null,           -- id of a user or group
  primary key (client, in_group, member)
) without rowid;
create index scim_member_of on scim_member (client, member, in_group);

-- What SCIM clients prove themselves with.
create table scim_token (
  id      integer primary key,
  hash    text    not null unique,  -- SHA-256 of it; the token itself is nowhere
  client  text    not null,
  ending  text    not null,         -- its last characters, to know it by
  created integer not null,
  by_whom text    not null,
  expires integer not null,         -- 0 never
  used    integer not null          -- roughly; 0 never
);
create index scim_token_client on scim_token (client, id);

-- How far the reading of an Entra ID tenant is.
create table graph_place (
  source text    not null,
  kind   text    not null,          -- users, groups
  link   text    not null,          -- where to go on; '' from the beginning
  whole  integer not null,          -- 1: everything is told anew, and who is not in it is gone
  pages  integer not null,          -- of this round
  since  integer not null,          -- when the round began; 0: none is under way
  primary key (source, kind)
) without rowid;

-- Whom a round that tells everything has told of so far.
create table graph_told (
  source  text not null,
  kind    text not null,
  subject text not null,
  primary key (source, kind, subject)
) without rowid;
