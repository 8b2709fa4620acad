-- +goose Up

-- Times are microseconds since 1970 in UTC, 0 for none; truths are 0 or 1.

create table workflow (
  id       integer primary key,
  key      text    not null unique,  -- the BPMN process id
  name     text    not null,
  category text    not null default '',
  doc      text    not null default '',
  version  integer not null,         -- number of the version new instances get
  created  integer not null
);

create table workflow_version (
  id          integer primary key,
  workflow    integer not null references workflow (id),
  number      integer not null,
  digest      text    not null,      -- SHA-256 of xml, to see that nothing changed
  deployed    integer not null,
  deployed_by text    not null,
  xml         blob    not null,
  unique (workflow, number)
);

create table workflow_right (
  workflow  integer not null references workflow (id),
  principal text    not null,
  name      text    not null,        -- start, view, administer
  primary key (workflow, principal, name)
) without rowid;

-- state comes last, so that lists never read it.
create table instance (
  id        integer primary key,
  rev       integer not null,        -- counts commits; a step expects the one it was decided on
  workflow  integer not null,
  version   integer not null,        -- workflow_version.id
  status    integer not null,        -- 0 running, 1 completed, 2 cancelled
  incidents integer not null,        -- open ones
  priority  integer not null,
  started   integer not null,
  ended     integer not null,
  starter   text    not null,
  folio     text    not null,
  state     blob    not null
);
create index instance_workflow on instance (workflow, status, id);
create index instance_starter  on instance (starter, status, id);
create index instance_incident on instance (workflow, id) where incidents > 0;

-- The history, append-only: one row per step with its facts, numbered from seq.
create table fact (
  instance integer not null,
  seq      integer not null,
  n        integer not null,
  at       integer not null,
  facts    blob    not null,         -- JSON array
  primary key (instance, seq)
) without rowid;

create table task (
  instance  integer not null,
  seq       integer not null,
  workflow  integer not null,
  node      text    not null,
  title     text    not null,
  offered   integer not null,
  due       integer not null,
  claimed   text    not null,
  closed    integer not null,
  outcome   text    not null,
  closed_by text    not null,
  primary key (instance, seq)
) without rowid;
create index task_decided on task (closed_by, closed, instance, seq) where closed_by <> '';

-- One row for each principal an open task is listed under, holding what a page
-- shows, in the order pages show it: a page is one walk along the key.
create table worklist (
  principal text    not null,
  shelf     integer not null,        -- 0 to do, 1 taken by somebody, 2 asleep
  offered   integer not null,
  instance  integer not null,
  seq       integer not null,
  workflow  integer not null,
  version   integer not null,        -- workflow_version.id
  priority  integer not null,
  due       integer not null,
  until     integer not null,        -- when a sleeping one wakes
  claimed   text    not null,
  starter   text    not null,
  node      text    not null,
  title     text    not null,
  folio     text    not null,
  primary key (principal, shelf, offered, instance, seq)
) without rowid;

-- How many rows of worklist each principal has on each shelf.
create table worklist_count (
  principal text    not null,
  shelf     integer not null,
  n         integer not null,
  primary key (principal, shelf)
) without rowid;

create table timer (
  instance integer not null,
  seq      integer not null,
  due      integer not null,         -- when to look at it; later than the timer's own time after a failure
  attempt  integer not null,
  primary key (instance, seq)
) without rowid;
create index timer_due on timer (due, instance, seq);

create table outbox (
  key        text    primary key,    -- the command's key
  instance   integer not null,
  ref        integer not null,
  workflow   integer not null,
  version    integer not null,
  kind       text    not null,
  due        integer not null,       -- not before; while leased, when the lease runs out; 0: waits for Finish
  attempt    integer not null,       -- how often it has been handed out
  holder     text    not null,       -- which node has it; '' nobody
  last_error text    not null,
  body       blob    not null        -- engine.Command as JSON
) without rowid;
create index outbox_due on outbox (kind, due, key) where due > 0;

-- What a request with an idempotency key led to.
create table once (
  key      text    primary key,      -- caller and key
  digest   text    not null,         -- of the request, to refuse another one under the same key
  instance integer not null,
  at       integer not null
) without rowid;
create index once_at on once (at);
