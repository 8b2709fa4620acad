-- +goose Up

-- Systems that this server has tokens for, with its registration there.
create table oauth_resource (
  name      text    not null primary key,
  rev       integer not null,
  changed   integer not null,
  by_whom   text    not null,
  announced integer not null,       -- when its credential's end was last announced; 0: not yet
  body      blob    not null        -- JSON; secrets in it are locked
) without rowid;

-- Tokens of people, of the service account and of the application.
create table oauth_token (
  id           integer primary key,
  need         text    not null unique, -- resource|owner|audience
  resource     text    not null,
  owner        text    not null,    -- user:7, service or app
  audience     text    not null,
  state        text    not null,    -- valid, failing, needs-sign-in, revoked
  account      text    not null,    -- what the provider calls them
  scope        text    not null,
  access       text    not null,    -- locked
  refresh      text    not null,    -- locked; '' there is none
  expires      integer not null,    -- of access; 0 not said
  due          integer not null,    -- when to renew it; 0 never
  tries        integer not null,    -- since it last worked
  fence        integer not null,    -- grows with every change of hands
  holder       text    not null,    -- who renews it now
  held_until   integer not null,
  got          integer not null,    -- when it was last renewed
  connected    integer not null,
  connected_by text    not null,
  used         integer not null,    -- roughly
  problem      blob    not null     -- JSON; why it is not valid
);
create index oauth_token_resource on oauth_token (resource, id);
create index oauth_token_owner on oauth_token (owner, id);
create index oauth_token_due on oauth_token (due) where due > 0;

-- Tokens that somebody has to bring about.
create table oauth_want (
  need      text    not null primary key,
  name      text    not null unique, -- of its page
  resource  text    not null,
  owner     text    not null,
  audience  text    not null,
  why       text    not null,
  claims    text    not null,       -- what the next token has to say
  since     integer not null,
  announced integer not null        -- 0: not yet
) without rowid;
create index oauth_want_owner on oauth_want (owner, since);
create index oauth_want_resource on oauth_want (resource);

-- Connecting that was begun.
create table oauth_connecting (
  state    text    not null primary key, -- a hash of it
  until    integer not null,
  resource text    not null,
  by_whom  text    not null,
  status   text    not null,        -- waiting, answered, done, failed
  due      integer not null,        -- when to ask for a device code's token; 0 never
  body     blob    not null,        -- JSON; secrets in it are locked
  outcome  blob    not null         -- JSON
) without rowid;
create index oauth_connecting_due on oauth_connecting (due) where due > 0;
create index oauth_connecting_until on oauth_connecting (until);
