-- +goose Up

-- Rights on the server: administer, deploy, impersonate. A person who
-- administers by themselves has it in account.admin.
create table server_right (
  principal text not null,
  name      text not null,
  primary key (principal, name)
) without rowid;

-- Rights on all workflows of a category, and of those within it.
create table category_right (
  key       text not null,          -- the category without regard to case
  category  text not null,          -- as it was last written
  principal text not null,
  name      text not null,
  primary key (key, principal, name)
) without rowid;

create index account_admin on account (id) where admin = 1;
