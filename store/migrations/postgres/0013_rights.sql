-- +goose Up

-- Rights on the server: administer, deploy, impersonate. A person who
-- administers by themselves has it in account.admin.
create table server_right (
  principal text collate "C" not null,
  name      text collate "C" not null,
  primary key (principal, name)
);

-- Rights on all workflows of a category, and of those within it.
create table category_right (
  key       text collate "C" not null,          -- the category without regard to case
  category  text collate "C" not null,          -- as it was last written
  principal text collate "C" not null,
  name      text collate "C" not null,
  primary key (key, principal, name)
);

create index account_admin on account (id) where admin = 1;
