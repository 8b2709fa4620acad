-- +goose Up

-- What is true of all servers on this data together, such as the fingerprint of
-- the key they seal with.
create table installation (
	name  text collate "C" not null primary key,
	value text collate "C" not null
);
