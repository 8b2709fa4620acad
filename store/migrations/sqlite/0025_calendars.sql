-- +goose Up

-- Working hours and holidays.
create table calendar (
  key        text    not null primary key, -- its name in small letters
  name       text    not null,
  standard   integer not null,             -- 1: what counts where no other is named
  body       blob    not null,             -- JSON: zone, hours, holidays
  rev        integer not null,
  at         integer not null,             -- when it was last saved
  by_whom    text    not null
) without rowid;

-- Who is away, from when to when, and who does their tasks.
create table absence (
  account    integer not null primary key,
  begins     integer not null,
  ends       integer not null,             -- 0: until they say that they are back
  instead    integer not null,             -- 1: the tasks go to others; 0: both have them
  body       blob    not null,             -- JSON: substitutes and exceptions
  rev        integer not null,
  at         integer not null,
  by_whom    text    not null
);
