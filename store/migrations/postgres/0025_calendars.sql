-- +goose Up

-- Working hours and holidays.
create table calendar (
  key        text collate "C" not null primary key, -- its name in small letters
  name       text collate "C" not null,
  standard   bigint not null,             -- 1: what counts where no other is named
  body       bytea   not null,             -- JSON: zone, hours, holidays
  rev        bigint not null,
  at         bigint not null,             -- when it was last saved
  by_whom    text collate "C" not null
);

-- Who is away, from when to when, and who does their tasks.
create table absence (
  account    bigint not null primary key,
  begins     bigint not null,
  ends       bigint not null,             -- 0: until they say that they are back
  instead    bigint not null,             -- 1: the tasks go to others; 0: both have them
  body       bytea   not null,             -- JSON: substitutes and exceptions
  rev        bigint not null,
  at         bigint not null,
  by_whom    text collate "C" not null
);
