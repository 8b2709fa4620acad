-- +goose Up

-- Mail on its way out. One row is one mail to one recipient; raw is emptied
-- once it has been sent.
create table mail_out (
  id         integer primary key,
  key        text    not null unique,    -- the same whenever the same mail is asked for
  command    text    not null,           -- runner command that waits for it, '' for none
  purpose    text    not null,           -- notify, email, answer
  instance   integer not null,
  task       integer not null,           -- its number in the instance, 0 for none
  principal  text    not null,           -- '' for a bare address
  recipient  text    not null,
  subject    text    not null,
  message_id text    not null unique,
  state      text    not null,           -- queued, sending, doubtful, sent, failed
  attempts   integer not null,
  due        integer not null,           -- queued: when to try; doubtful: when to look, 0 when nobody can
  since      integer not null,           -- when it came into this state
  created    integer not null,
  proof      integer not null,           -- our own copy of it has been seen
  reported   integer not null,           -- its command has been told how it ended
  error      text    not null,
  bounce     text    not null,           -- what a delivery report said later
  raw        blob    not null
);
create index mail_out_due on mail_out (state, due);
create index mail_out_instance on mail_out (instance, id);
create index mail_out_command on mail_out (command) where reported = 0;

-- Secret reply addresses, by hash, and what an answer to them is about.
create table reply_address (
  hash       text    primary key,
  message_id text    not null unique,
  instance   integer not null,
  task       integer not null,
  principal  text    not null,           -- who alone may answer
  title      text    not null,
  folio      text    not null,
  actions    text    not null,           -- JSON list of those that may be decided by mail
  others     text    not null,           -- JSON list of those that may not
  expires    integer not null
);
create index reply_address_expires on reply_address (expires);

-- Mail that came in, with what became of it: the evidence of decisions by mail.
create table mail_in (
  id         integer primary key,
  digest     text    not null unique,    -- of what makes two deliveries the same mail
  mailbox    text    not null,
  validity   integer not null,
  uid        integer not null,
  message_id text    not null,
  at         integer not null,
  sender     text    not null,
  subject    text    not null,
  verdict    text    not null,
  instance   integer not null,           -- 0 when it belongs to none
  task       integer not null,
  principal  text    not null,
  action     text    not null,
  detail     text    not null,
  evidence   text    not null,
  answered   integer not null,           -- 0 no, 1 a confirmation, 2 advice
  look       integer not null            -- 1: a person should look at it
);
create index mail_in_look on mail_in (look, id);
create index mail_in_sender on mail_in (sender, at);
create index mail_in_instance on mail_in (instance, id);
