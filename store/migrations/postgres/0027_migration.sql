-- +goose Up

-- An order (bulk) by which instances go on with another version of their
-- workflow, or back.
create table migration (
  bulk    bigint primary key,
  target  bigint not null,         -- number of the version; 0 of one that takes another back
  origin  bigint not null,         -- only those on this version; 0 any
  undoes  bigint not null,         -- the order it takes back; 0 none
  entire  bigint not null,         -- 1: all of them or none
  stage   text collate "C" not null,         -- looking, moving, back: what is being done to each
  looked  bigint not null,         -- number of the last item looked at
  names   bytea not null          -- which element has become which, as JSON
);
