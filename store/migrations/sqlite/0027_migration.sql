-- +goose Up

-- An order (bulk) by which instances go on with another version of their
-- workflow, or back.
create table migration (
  bulk    integer primary key,
  target  integer not null,         -- number of the version; 0 of one that takes another back
  origin  integer not null,         -- only those on this version; 0 any
  undoes  integer not null,         -- the order it takes back; 0 none
  entire  integer not null,         -- 1: all of them or none
  stage   text not null,         -- looking, moving, back: what is being done to each
  looked  integer not null,         -- number of the last item looked at
  names   blob not null          -- which element has become which, as JSON
);
