package exchange

import "fmt"

// Error is a refusal by a code that Graph and EWS share.
type Error struct {
	Code    string // "ErrorItemNotFound"
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Is compares codes, so that errors.Is works with the variables below.
func (e *Error) Is(other error) bool {
	o, ok := other.(*Error)
	return ok && o.Code == e.Code
}

// Refuse makes a refusal.
func Refuse(code, format string, about ...any) *Error {
	return &Error{code, fmt.Sprintf(format, about...)}
}

// The refusals of the model, in Exchange's words.
var (
	ErrItemNotFound    = &Error{"ErrorItemNotFound", "The specified object was not found in the store."}
	ErrFolderNotFound  = &Error{"ErrorFolderNotFound", "The specified folder could not be found in the store."}
	ErrIDMalformed     = &Error{"ErrorInvalidIdMalformed", "Id is malformed."}
	ErrStale           = &Error{"ErrorIrresolvableConflict", "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."}
	ErrFolderExists    = &Error{"ErrorFolderExists", "A folder with the specified name already exists."}
	ErrDistinguished   = &Error{"ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted."}
	ErrRecipients      = &Error{"ErrorInvalidRecipients", "At least one recipient isn't valid."}
	ErrSendAs          = &Error{"ErrorSendAsDenied", "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account."}
	ErrNotDraft        = &Error{"ErrorInvalidOperation", "This operation is allowed on drafts only."}
	ErrSyncState       = &Error{"ErrorInvalidSyncStateData", "The sync state is not known, or too old."}
	ErrMessageSize     = &Error{"ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."}
	ErrMIME            = &Error{"ErrorMimeContentInvalid", "The MIME content is not a mail."}
	ErrQuota           = &Error{"ErrorQuotaExceeded", "The mailbox is full."}
	ErrNoMailbox       = &Error{"ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."}
	ErrAttachmentGone  = &Error{"ErrorAttachmentNotFound", "The attachment was not found."}
	ErrAttachmentLimit = &Error{"ErrorAttachmentSizeLimitExceeded", "The attachment exceeds the maximum supported size."}
	ErrTooManyMessages = &Error{"ErrorExceededMessageLimit", "The mailbox has sent as many messages as it may for now."}
)
