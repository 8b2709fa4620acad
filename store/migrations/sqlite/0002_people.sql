-- +goose Up

-- People with a password here. An account is never deleted, so that "user:7"
-- stays one person for ever; it is disabled.
create table account (
  id       integer primary key,
  login    text    not null unique,  -- lower case
  name     text    not null,
  email    text    not null,         -- as written; address holds it for looking up
  admin    integer not null,
  disabled integer not null,
  epoch    integer not null,         -- raised when sessions and remembered passwords must end
  created  integer not null,
  password text    not null          -- argon2id with its cost and salt; '' for none
);

-- All addresses of all people, the one in account.email included.
create table address (
  key     text    primary key,       -- what all spellings of it have in common
  account integer not null references account (id),
  pos     integer not null,          -- 0 for account.email
  text    text    not null
) without rowid;
create index address_account on address (account, pos);

create table people_group (
  id   integer primary key,
  key  text    not null unique,      -- the name without regard to case
  name text    not null
);

create table membership (
  people_group integer not null references people_group (id),
  account      integer not null references account (id),
  primary key (people_group, account)
) without rowid;
create index membership_account on membership (account, people_group);

-- What the person picker finds people and groups by, folded.
create table people_word (
  word      text not null,
  principal text not null,
  primary key (word, principal)
) without rowid;
create index people_word_principal on people_word (principal);

create table session (
  token   text    primary key,       -- SHA-256 of it
  account integer not null,
  expires integer not null,
  data    blob    not null
) without rowid;
create index session_account on session (account);
create index session_expires on session (expires);

-- Counts of wrong passwords, and addresses people are known to sign in from, so
-- that a restart does not give a guesser a fresh start.
create table guess (
  key   text    primary key,
  wrong integer not null,
  until integer not null             -- when it is forgotten
) without rowid;
