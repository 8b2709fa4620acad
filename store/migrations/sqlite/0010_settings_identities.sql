-- +goose Up

-- What administrators set while the server runs, one row a setting. rev counts
-- the saves; whoever saves names the one they saw.
create table setting (
  name    text    not null primary key,
  rev     integer not null,
  at      integer not null,
  by_whom text    not null,
  body    blob    not null          -- JSON; secrets in it are locked
);

-- What administrators changed, for ever, with what it was before. No secrets.
create table change (
  id      integer primary key,
  at      integer not null,
  by_whom text    not null,         -- '' the server itself
  how     text    not null,         -- how they were recognised
  what    text    not null,         -- the kind of thing: trust, user, right ...
  subject text    not null,         -- which one
  before  blob    not null,         -- JSON, empty when it was not there
  after   blob    not null          -- JSON, empty when it is gone
);
create index change_subject on change (what, subject, id);

-- Accounts that are not people, and those that a directory rules.
alter table account add column kind    integer not null default 0;   -- 0 person, 1 application
alter table account add column source  text    not null default '';  -- the directory that rules it, '' nobody
alter table account add column manager integer not null default 0;   -- account, 0 none known
create index account_manager on account (manager) where manager > 0;
create index account_source on account (source, id) where source <> '';

alter table people_group add column kind   integer not null default 0;   -- 0 group, 1 role
alter table people_group add column source text    not null default '';  -- the directory that rules it, '' nobody
alter table people_group add column about  text    not null default '';
create index people_group_source on people_group (source, id) where source <> '';

-- Who somebody is in another system. It names them there for ever: never a
-- login or an address.
create table identity_link (
  source  text    not null,         -- entra:TENANT, oidc:ISSUER, ldap:NAME, scim:NAME
  subject text    not null,
  account integer not null references account (id),
  label   text    not null,         -- for people: what they are called there
  created integer not null,
  seen    integer not null,         -- roughly; 0 never
  primary key (source, subject)
) without rowid;
create index identity_link_account on identity_link (account);

-- What a group or role is called in another system.
create table group_link (
  source       text    not null,
  external     text    not null,
  people_group integer not null references people_group (id),
  label        text    not null,
  primary key (source, external)
) without rowid;
create index group_link_group on group_link (people_group);

alter table membership add column via text not null default '';  -- who says so, '' an administrator here

-- Groups in groups. Who is in one that is in another is in both.
create table nesting (
  people_group integer not null references people_group (id),
  member       integer not null references people_group (id),
  via          text    not null,
  primary key (people_group, member)
) without rowid;
create index nesting_member on nesting (member, people_group);

-- People a trusted system vouches for whom nobody here knows, and who asked to come in.
create table newcomer (
  id         integer primary key,
  source     text    not null,
  subject    text    not null,
  kind       integer not null,
  login      text    not null,
  name       text    not null,
  email      text    not null,
  label      text    not null,
  first_seen integer not null,
  last_seen  integer not null,
  times      integer not null,
  refused    integer not null,      -- when an administrator said no, 0 not yet
  unique (source, subject)
);
