package exchange

import "time"

// Bounds of what is kept. More is refused, except where noted.
const (
	maxItems         = 100_000 // of a mailbox
	maxFolders       = 100     // that hold mail; of others as many again
	maxFolderName    = 60
	maxGone          = 10_000 // of a mailbox; older ones are forgotten
	maxEvents        = 10_000 // of a mailbox; older ones are forgotten
	maxWatchQueue    = 1000   // news of one watcher; more are lost, and it is told
	maxProperties    = 100    // extended ones of an item
	maxPropertyBytes = 32 << 10
	maxCategories    = 100
	maxFiles         = 250
	maxRecipients    = 500 // of a mail
	maxEntryBytes    = 1 << 20
	maxCachedBytes   = 256 << 10 // of a mail that is kept taken apart
	maxCached        = 300
	maxJournalLine   = 8 << 20
	maxScanLinks     = 20
	maxAnswered      = 1000 // senders that had an automatic answer
	scanTimeout      = 5 * time.Second
)
