package main

import (
	"time"

	"github.com/signoffhq/signoff/seal"
)

// Config is everything that can be set about a server. The doc tags are the
// manual: `signoff config describe` prints them as a file to start from.
//
// A value comes from, last one winning: the default here, the file given with
// --config, the environment (SIGNOFF_MAIL_SMTP_ADDRESS for mail.smtp.address),
// a flag.
type Config struct {
	Listen    string        `koanf:"listen" default:"127.0.0.1:8080" doc:"Address and port to listen on. Port 0 takes a free one."`
	Data      string        `koanf:"data" default:"./data" doc:"Folder for the database, if it is a file, the key and, in the sandbox, its mail. Made when missing."`
	Store     seal.Secret   `koanf:"store" doc:"PostgreSQL database to keep the data in, as postgres://user:password@host:5432/database; a standby is given as a second host behind a comma. Better given as SIGNOFF_STORE. Empty: a file in the data folder."`
	StoreWait time.Duration `koanf:"storewait" default:"0s" doc:"How long to wait at start for a PostgreSQL database that cannot be reached yet, as when both are started together. 0s: not at all."`
	Node      string        `koanf:"node" doc:"What to call this server among others on the same database. Empty: the name of the machine."`
	URL       string        `koanf:"url" doc:"Address under which people reach the server; links in mails begin with it. Default: http://localhost and the port."`
	Admin     AdminConfig   `koanf:"admin" doc:"The administrator made when a data folder is new. Later changes have no effect."`
	Basic     bool          `koanf:"basic" default:"true" doc:"Accept user name and password with every API call (HTTP Basic)."`
	Mail      MailConfig    `koanf:"mail" doc:"Mail out and in. Without mail.smtp.address no mail is sent; tasks are in the worklist all the same."`
	Calls     CallsConfig   `koanf:"calls" doc:"What service steps and services may call."`
	Outside   OutsideConfig `koanf:"outside" doc:"How identity providers and directories are reached."`
	Log       LogConfig     `koanf:"log" doc:"What is written to standard error."`
	Drain     time.Duration `koanf:"drain" default:"0s" doc:"How long to go on answering after being told to stop, while /readyz says 503, so that a load balancer stops sending requests here before they are refused. Longer than it takes to notice: a few of its checks. 0s: without one."`
	Proxies   string        `koanf:"proxies" doc:"Reverse proxies before the server whose X-Forwarded-For and -Proto are believed, as networks separated by commas: 10.0.0.0/8, ::1/128."`
	Pprof     string        `koanf:"pprof" doc:"Address for Go's profiler, such as 127.0.0.1:6060. Keep it private. Empty: off."`
}

// AdminConfig is the first account of a new server.
type AdminConfig struct {
	Login    string      `koanf:"login" default:"admin" doc:"Login of the administrator."`
	Name     string      `koanf:"name" default:"Administrator" doc:"Display name."`
	Email    string      `koanf:"email" doc:"Address for mail to the administrator."`
	Password seal.Secret `koanf:"password" doc:"Password, 8 characters or more. Empty: one is made and printed once."`
}

// MailConfig is one mailbox: how mail leaves and how replies come in.
type MailConfig struct {
	From  string        `koanf:"from" doc:"Sender of all mail, such as \"Approvals <workflow@example.com>\"."`
	SMTP  SMTPConfig    `koanf:"smtp" doc:"The server that takes our mail."`
	IMAP  IMAPConfig    `koanf:"imap" doc:"The mailbox replies arrive in. Without it nothing can be decided by mail."`
	Reply ReplyConfig   `koanf:"reply" doc:"Deciding by reply."`
	Doubt time.Duration `koanf:"doubt" default:"2m" doc:"A mail that was being handed over when a connection broke is looked for in our own mailbox this long before it is sent again. Longer than your mail system ever takes to deliver."`
	Pace  PaceConfig    `koanf:"pace" doc:"How fast mail may leave. Exchange Online takes 30 a minute, 4 at a time."`
}

// SMTPConfig says where mail goes.
type SMTPConfig struct {
	Address  string      `koanf:"address" doc:"host:port; 587 for starttls, 465 for tls."`
	TLS      string      `koanf:"tls" default:"starttls" choices:"starttls,tls,none" doc:"Encryption. none sends passwords in the clear: on loopback only."`
	Username string      `koanf:"username" doc:"Empty: no sign-in."`
	Password seal.Secret `koanf:"password" doc:"Better given as SIGNOFF_MAIL_SMTP_PASSWORD."`
	CA       string      `koanf:"ca" doc:"File with further certificate authorities to trust (PEM)."`
}

// IMAPConfig says where replies are read.
type IMAPConfig struct {
	Address   string        `koanf:"address" doc:"host:port; 143 for starttls, 993 for tls."`
	TLS       string        `koanf:"tls" default:"starttls" choices:"starttls,tls,none" doc:"Encryption. none sends passwords in the clear: on loopback only."`
	Username  string        `koanf:"username" doc:"Account of the mailbox."`
	Password  seal.Secret   `koanf:"password" doc:"Better given as SIGNOFF_MAIL_IMAP_PASSWORD."`
	CA        string        `koanf:"ca" doc:"File with further certificate authorities to trust (PEM)."`
	Folder    string        `koanf:"folder" default:"INBOX" doc:"Folder that replies arrive in."`
	Processed string        `koanf:"processed" default:"Processed" doc:"Folder for mail that has been dealt with. Made when missing."`
	Poll      time.Duration `koanf:"poll" default:"1m" doc:"How often to look, besides being told by the server (IDLE)."`
}

// ReplyConfig says which replies count.
type ReplyConfig struct {
	Address  string `koanf:"address" doc:"Address that replies go to; a secret is added after a plus sign. Default: the address in mail.from."`
	Proof    string `koanf:"proof" default:"dmarc" choices:"dmarc,aligned,none" doc:"What shows that a sender is genuine: dmarc = the receiving server says dmarc=pass; aligned = where it says nothing of DMARC, dkim=pass or spf=pass for the sender's own domain is enough; none = the secret reply address alone, for mail systems nobody outside can write to."`
	Authserv string `koanf:"authserv" doc:"Name by which your receiving mail server signs its Authentication-Results header. Needed for proof: dmarc and aligned."`
	Sealers  string `koanf:"sealers" doc:"Domains of forwarders whose ARC seal is believed when DMARC failed on the way, such as a mailing gateway of your own. Separated by commas. Default: none."`
	Envelope string `koanf:"envelope" default:"own" choices:"own,any" doc:"Whose address the envelope sender (Return-Path) of a reply may be: own = the sender's, or one outside your domain; any = also one of your domain that is nobody's, for gateways that rewrite it. A colleague's never is right."`
}

// PaceConfig bounds how fast mail leaves.
type PaceConfig struct {
	PerMinute int `koanf:"perminute" default:"30" doc:"Mails a minute."`
	AtOnce    int `koanf:"atonce" default:"4" doc:"Connections at a time."`
}

// CallsConfig bounds where service steps, and services of typed addresses, reach.
type CallsConfig struct {
	Allow string `koanf:"allow" doc:"Networks that service steps, HTTP APIs and databases may be called in although they are kept from them: this machine (127.0.0.0/8, ::1/128) and link-local addresses (169.254.0.0/16). Separated by commas."`
	Files string `koanf:"files" doc:"Folder with SQLite files that services may open. Keep it apart from the data folder. Empty: none may be opened."`
}

// OutsideConfig bounds where the server itself reaches, and whom it believes there.
type OutsideConfig struct {
	CA    string `koanf:"ca" doc:"File with further certificate authorities to trust (PEM), besides the system's: for an identity provider or a directory with a certificate of your own."`
	Allow string `koanf:"allow" doc:"Networks that may be called although they are kept from the server: this machine (127.0.0.0/8, ::1/128), link-local addresses (169.254.0.0/16) and those where cloud machines keep their credentials. Separated by commas."`
}

// LogConfig says what the log looks like.
type LogConfig struct {
	Level  string `koanf:"level" default:"info" choices:"debug,info,warn,error" doc:"Least important message that is written."`
	Format string `koanf:"format" default:"text" choices:"text,json" doc:"One line a message, for people or for programs."`
}
