package ews

import "time"

// Bounds on what one request, one caller and one mailbox may take. The ones
// with an Exchange name are Exchange Online's own (throttling policy, EWS
// limits); the others keep a sandbox from being filled by a loop.
const (
	maxRequestBytes     = 64 << 20
	maxAutodiscoverBody = 64 << 10
	maxDepth            = 64
	maxElements         = 200_000
	maxAttributes       = 64
	maxFilterNodes      = 500

	maxConcurrency    = 27 // EWSMaxConcurrency, per mailbox and caller
	maxFound          = 1000
	maxIDs            = 1000
	maxSyncChanges    = 512
	maxSubscriptions  = 20 // EWSMaxSubscriptions, per caller
	maxStreams        = 10 // HangingConnectionLimit, per caller
	maxStreamIDs      = 200
	maxResolved       = 100
	maxQueuedEvents   = 1000 // of one subscription; more is told as missed
	maxEventsAtOnce   = 50
	maxAttachmentByte = 36 << 20
	maxMembers        = 1000
	maxPulse          = 45 * time.Second // between heartbeats of a stream

	maxPullMinutes   = 1440
	maxStreamMinutes = 30
)
