-- +goose Up

-- What instances wait for: a row for each message or signal, written with the step.
create table awaited (
  instance integer not null,
  seq      integer not null,
  workflow integer not null,
  node     text    not null,
  kind     text    not null,         -- message, signal
  name     text    not null,
  key      text    not null,         -- of a message; '' any
  since    integer not null,
  primary key (instance, seq)
) without rowid;
create index awaited_name on awaited (kind, name, key, since, instance, seq);

-- What messages and signals begin: start events of default versions.
create table begins (
  workflow integer not null,
  node     text    not null,
  version  integer not null,         -- workflow_version.id
  kind     text    not null,
  name     text    not null,
  primary key (workflow, node)
) without rowid;
create index begins_name on begins (kind, name, workflow, node);

-- What begins by the clock: timer start events of default versions.
create table schedule (
  workflow      integer not null,
  node          text    not null,
  version       integer not null,    -- workflow_version.id
  name          text    not null,    -- of the start event, for people
  spec          text    not null,    -- the timer as it is drawn: while a version says the same, the schedule goes on
  zone          text    not null,    -- '' the server's
  cycle         text    not null,    -- '' it comes once
  planned       integer not null,    -- when it begins one next; 0 not again
  again         integer not null,    -- how often after that; -1 without end
  due           integer not null,    -- when to look at it; 0 when it is paused or over
  attempt       integer not null,
  paused        integer not null,    -- since when; 0 it is not
  paused_by     text    not null,
  last          integer not null,    -- when it last began one
  last_instance integer not null,
  last_error    text    not null,    -- why it last could not; '' it could
  primary key (workflow, node)
) without rowid;
create index schedule_due on schedule (due) where due > 0;

-- Messages and signals that were sent. What became of them is kept for a while.
create table message (
  id         integer primary key,
  kind       text    not null,       -- message, signal
  source     text    not null,       -- whose ids those in ident are: a person, or the workflows here
  ident      text    not null,       -- the sender's own id: the same is taken in once
  digest     text    not null,       -- of the contents, to refuse others under the same id
  sender     text    not null,       -- whose rights count; '' the server's own
  person     text    not null,       -- who starts what it begins; '' the server
  name       text    not null,
  key        text    not null,
  vars       blob    not null,       -- while it waits
  came       integer not null,
  until      integer not null,       -- how long it waits for somebody to want it
  state      text    not null,       -- waiting, delivered, missed; sent, for signals
  due        integer not null,       -- when to look who wants it; 0 it is settled
  turn       integer not null,       -- counts who looked
  attempt    integer not null,       -- how often it could not be handed over
  last_error text    not null,
  settled    integer not null,
  instance   integer not null,       -- who has it
  workflow   integer not null,
  node       text    not null,
  begun      integer not null,       -- it began that instance
  told       integer not null,       -- of a signal: how many waited for it
  near       text    not null        -- who waited for something like it when it was missed, as JSON
);
create unique index message_ident on message (source, ident);
create index message_due     on message (due) where due > 0;
create index message_waiting on message (name, key, id) where state = 'waiting';
create index message_state   on message (state, id);
create index message_settled on message (settled) where settled > 0;

-- Who is still to be told of a signal: an instance, or a workflow it begins.
create table signal_to (
  id       integer primary key,
  message  integer not null,
  instance integer not null,         -- 0: it begins one
  seq      integer not null,
  workflow integer not null,
  version  integer not null,
  node     text    not null,
  due      integer not null,
  attempt  integer not null
);
create index signal_to_due on signal_to (due);

-- Instances to be ended because the step that called them was.
create table orphan (
  instance integer primary key,
  due      integer not null,
  attempt  integer not null
);
create index orphan_due on orphan (due);

alter table outbox add column child integer not null default 0;    -- the instance a call activity runs; 0: not begun
alter table instance add column caller text not null default '';   -- key of the command that began it; '' nobody's
create index instance_caller on instance (caller) where caller <> '';
