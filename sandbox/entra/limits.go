package entra

import "time"

// Lifetimes, as Entra has them.
const (
	accessLife       = 75 * time.Minute // the mean of Entra's 60 to 90
	accessLifeLong   = 24 * time.Hour   // for clients that understand claims challenges (CAE)
	idLife           = time.Hour
	codeLife         = 10 * time.Minute
	refreshLife      = 90 * 24 * time.Hour // without use
	refreshLifeSPA   = 24 * time.Hour      // from the sign-in, never extended
	deviceLife       = 15 * time.Minute
	devicePace       = 5 * time.Second
	sessionLife      = 24 * time.Hour
	flowLife         = 15 * time.Minute // between the request and the last page answered
	assertionSkew    = 5 * time.Minute
	assertionLongest = 24 * time.Hour
)

// Bounds of what is read.
const (
	maxBodyBytes      = 1 << 20   // Graph and the control API
	maxFormBytes      = 128 << 10 // token requests and page forms
	maxQueryBytes     = 16 << 10
	maxAssertionBytes = 16 << 10
	maxScopes         = 100
	maxClaimsBytes    = 8 << 10 // the claims parameter
	maxStateBytes     = 64 << 20
	maxForeignBytes   = 1 << 20 // another provider's metadata or keys
	maxForeignKeys    = 100
	foreignTimeout    = 5 * time.Second
)

// Bounds of what is kept. The oldest goes first, except where noted.
const (
	maxFlows          = 1000
	maxCodes          = 10_000
	maxDevices        = 1000
	maxSessions       = 1000
	maxSignIns        = 500
	maxTombstones     = 10_000
	maxApplications   = 1000    // more are refused
	maxUsers          = 100_000 // more are refused
	maxGroups         = 20_000  // more are refused
	maxMembers        = 100_000 // of one group; more are refused
	maxCredentials    = 50      // of one kind on one registration; more are refused
	maxFederated      = 20      // on one registration, as in Entra; more are refused
	maxRedirects      = 256     // on one registration, as in Entra; more are refused
	maxRedirectLength = 256
	maxAssignments    = 100_000 // role assignments and grants each; more are refused
	maxPage           = 999     // of a Graph list
	maxFilterBytes    = 2000
	maxFilterTerms    = 20
	maxFaults         = 100 // on at once
	overageJWT        = 200 // groups in a token before it says where to ask
	overageImplicit   = 6
)
