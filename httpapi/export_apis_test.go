package httpapi

// CleanOrigin is tested from outside.
var CleanOrigin = cleanOrigin
