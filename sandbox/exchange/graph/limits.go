package graph

import "time"

const (
	maxBodyBytes     = 4 << 20   // of a request, as in Graph
	maxUploadBytes   = 150 << 20 // of an attachment, as in Graph
	maxChunkBytes    = 4 << 20
	maxUploads       = 20        // sessions that are open
	maxUploading     = 450 << 20 // of all that is coming in
	uploadLife       = time.Hour
	maxPage          = 1000
	usualPage        = 10
	maxFilterBytes   = 4000
	maxFilterDepth   = 20
	maxFilterTerms   = 100
	maxTokenBytes    = 8 << 10
	maxBatch         = 20
	batchAtOnce      = 4 // of one mailbox, as in Outlook
	maxSubscriptions = 1000
	longestLife      = 10_080 * time.Minute
	shortestLife     = 45 * time.Minute
	validateWithin   = 10 * time.Second
	notifyWithin     = 3 * time.Second
	notifyTries      = 3
	maxClientState   = 128
	maxTranslate     = 1000
	maxOwnHeaders    = 5
)
