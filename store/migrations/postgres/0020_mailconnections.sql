-- +goose Up

-- Which of several senders a mail leaves by, as its address; '' is the usual one.
alter table mail_out add column sender text collate "C" not null default '';

-- What a mail that came in is called in its mailbox. Mails recorded before have
-- a number (validity, uid) instead.
alter table mail_in add column item text collate "C" not null default '';
