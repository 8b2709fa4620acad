-- +goose Up

-- Personal access tokens: what somebody lets a program do in their name.
create table access_token (
  id        integer primary key,
  hash      text    not null unique,  -- SHA-256 of it; the token itself is nowhere
  account   integer not null references account (id),
  name      text    not null,
  ending    text    not null,         -- its last characters, to know it by
  read_only integer not null,
  api       text    not null,         -- the only one it may call, '' every one
  created   integer not null,
  expires   integer not null,
  used      integer not null          -- roughly; 0 never
);
create index access_token_account on access_token (account, id);

-- Who called the APIs, a row a day, caller and outcome.
create table api_caller (
  day     integer not null,           -- 20261123, in UTC
  api     text    not null,
  account integer not null,           -- 0: not recognised
  how     text    not null,           -- kind of sign-in, '' none
  via     text    not null,           -- the client, or the token's name
  code    text    not null,           -- of the refusal, '' served
  times   integer not null,
  last    integer not null,
  primary key (day, api, account, how, via, code)
) without rowid;
