package ews

import (
	"net/http"
	"strconv"
)

// fault is a refusal in Exchange's words: an error response inside an answer
// when it concerns one item, a SOAP fault when it concerns the whole request.
type fault struct {
	code string // ResponseCode
	text string // MessageText; "" takes the code's usual one

	violation string // of the schema; with where it was
	line, col int
	values    []attr // <t:Value Name="…">…</t:Value> in MessageXml
	status    int    // of HTTP, for SOAP faults; 0: 500
	client    bool   // the fault code is soap:Client, as for XML that is none
}

func (f *fault) Error() string { return f.code + ": " + f.message() }

func (f *fault) message() string {
	if f.text != "" {
		return f.text
	}
	return texts[f.code]
}

// refuse makes a refusal with the code's usual text.
func refuse(code string) *fault {
	if texts[code] == "" {
		panic("ews: no text for " + code)
	}
	return &fault{code: code}
}

// busy tells to stay away for so long.
func busy(ms int) *fault {
	f := refuse("ErrorServerBusy")
	f.values = []attr{{"BackOffMilliseconds", strconv.Itoa(ms)}}
	return f
}

// texts are what Exchange says with each code this server gives.
var texts = map[string]string{
	"ErrorAccessDenied":                                "Access is denied. Check credentials and try again.",
	"ErrorADUnavailable":                               "The Active Directory Domain Services server is unavailable.",
	"ErrorAttachmentSizeLimitExceeded":                 "The attachment size limit has been exceeded.",
	"ErrorBatchProcessingStopped":                      "Batch processing for the items in this request was stopped.",
	"ErrorCalendarEndDateIsEarlierThanStartDate":       "EndDate is earlier than StartDate",
	"ErrorCalendarViewRangeTooBig":                     "You have exceeded the maximum number of days for a calendar view.",
	"ErrorCannotCreateCalendarItemInNonCalendarFolder": "Cannot create a calendar item in a folder that is not a calendar folder.",
	"ErrorCannotCreateContactInNonContactFolder":       "Cannot create a contact in a folder that is not a contacts folder.",
	"ErrorCannotCreateTaskInNonTaskFolder":             "Cannot create a task in a folder that is not a tasks folder.",
	"ErrorCannotUseFolderIdForItemId":                  "Id must be a item id, not a folder id.",
	"ErrorCannotUseItemIdForFolderId":                  "Id must be a folder id, not an item id.",
	"ErrorChangeKeyRequired":                           "The change key is required for this operation.",
	"ErrorChangeKeyRequiredForWriteOperations":         "The change key passed in the request does not match the current change key for the item.",
	"ErrorConnectionFailed":                            "Connection failed. Try later.",
	"ErrorCreateItemAccessDenied":                      "You don't have permission to create this item.",
	"ErrorDeleteDistinguishedFolder":                   "Distinguished folders cannot be deleted.",
	"ErrorExceededConnectionCount":                     "You have exceeded the available concurrent connections for your account.  Try again once your other requests have completed.",
	"ErrorExceededFindCountLimit":                      "You have exceeded the maximum number of objects that can be returned for the find operation. Use paging to reduce the result size and try your request again.",
	"ErrorExceededSubscriptionCount":                   "You have exceeded the available subscriptions for your account.  Remove unnecessary subscriptions and try your request again.",
	"ErrorFolderExists":                                "A folder with the specified name already exists.",
	"ErrorFolderNotFound":                              "The specified folder could not be found in the store.",
	"ErrorImpersonateUserDenied":                       "The account does not have permission to impersonate the requested user.",
	"ErrorImpersonationDenied":                         "The server could not grant the impersonation request.",
	"ErrorImpersonationFailed":                         "Exchange Web Services are not currently available for this request because the impersonated user could not be found.",
	"ErrorInternalServerError":                         "An internal server error occurred. The operation failed.",
	"ErrorInternalServerTransientError":                "An internal server error occurred. Try again later.",
	"ErrorInvalidArgument":                             "The argument specified in the request is invalid.",
	"ErrorInvalidAttachmentId":                         "The attachment id is invalid.",
	"ErrorInvalidChangeKey":                            "The change key is invalid.",
	"ErrorInvalidExchangeImpersonationHeaderData":      "ExchangeImpersonation SOAP header is invalid: only one of PrincipalName, SID, PrimarySmtpAddress and SmtpAddress may be given, and it must not be empty.",
	"ErrorInvalidExtendedProperty":                     "The extended property attribute combination is invalid.",
	"ErrorInvalidExtendedPropertyValue":                "The value of the extended property does not fit its type.",
	"ErrorInvalidFolderTypeForOperation":               "The folder type is invalid for this operation.",
	"ErrorInvalidId":                                   "The Id is invalid.",
	"ErrorInvalidIdEmpty":                              "Id must be non-empty.",
	"ErrorInvalidIdMalformed":                          "Id is malformed.",
	"ErrorInvalidIndexedPagingParameters":              "The paging parameters are invalid.",
	"ErrorInvalidItemForOperationCreateItem":           "Operation would create an item of a kind that cannot be created.",
	"ErrorInvalidItemForOperationSendItem":             "The item is not valid for the SendItem operation.",
	"ErrorInvalidMailbox":                              "The mailbox is invalid.",
	"ErrorInvalidNameForNameResolution":                "The name to resolve is invalid.",
	"ErrorInvalidOofParameter":                         "The OOF settings are invalid.",
	"ErrorInvalidOperation":                            "The operation is invalid.",
	"ErrorInvalidPropertyForOperation":                 "The property cannot be used in this operation.",
	"ErrorInvalidPropertyRequest":                      "The property cannot be requested here.",
	"ErrorInvalidPropertySet":                          "The property is read-only and cannot be set.",
	"ErrorInvalidPullSubscriptionId":                   "The pull subscription id is invalid.",
	"ErrorInvalidRecipients":                           "At least one recipient is not valid.",
	"ErrorInvalidReferenceItem":                        "The reference item is not of a kind that can be answered.",
	"ErrorInvalidRequest":                              "The request is invalid.",
	"ErrorInvalidServerVersion":                        "The specified server version is invalid.",
	"ErrorInvalidSubscription":                         "The subscription is invalid.",
	"ErrorInvalidSyncStateData":                        "The synchronization state data is corrupt or otherwise invalid.",
	"ErrorInvalidWatermark":                            "The watermark used for creating this subscription was not found.",
	"ErrorIrresolvableConflict":                        "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
	"ErrorItemNotFound":                                "The specified object was not found in the store.",
	"ErrorItemSavePropertyError":                       "The property could not be saved.",
	"ErrorMailboxMoveInProgress":                       "The mailbox is being moved. Try again later.",
	"ErrorMailboxStoreUnavailable":                     "The mailbox database is temporarily unavailable.",
	"ErrorMessageDispositionRequired":                  "The message disposition is required for mail items.",
	"ErrorMessageSizeExceeded":                         "The message exceeds the maximum supported size.",
	"ErrorMimeContentInvalid":                          "The MIME content is invalid.",
	"ErrorMimeContentInvalidBase64String":              "The MIME content is not valid base64.",
	"ErrorMissedNotificationEvents":                    "Some notification events were missed.",
	"ErrorMissingEmailAddress":                         "When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.",
	"ErrorMissingRecipients":                           "At least one recipient must be specified.",
	"ErrorNameResolutionMultipleResults":               "Multiple results were found.",
	"ErrorNameResolutionNoResults":                     "No results were found.",
	"ErrorNonExistentMailbox":                          "The SMTP address has no mailbox associated with it.",
	"ErrorQuotaExceeded":                               "The mailbox has exceeded its storage quota.",
	"ErrorSendAsDenied":                                "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
	"ErrorSendMeetingInvitationsRequired":              "SendMeetingInvitations attribute is required for calendar items.",
	"ErrorServerBusy":                                  "The server cannot service this request right now. Try again later.",
	"ErrorStaleObject":                                 "The object has changed since it was read.",
	"ErrorSubmissionQuotaExceeded":                     "The mailbox has sent as much as it may for now.",
	"ErrorSubscriptionAccessDenied":                    "Only the owner of a subscription may use it.",
	"ErrorSubscriptionDelegateAccessNotSupported":      "Subscriptions are not supported for delegate user access.",
	"ErrorSubscriptionNotFound":                        "The specified subscription was not found.",
	"ErrorSyncFolderNotFound":                          "The folder to synchronize could not be found.",
	"ErrorTimeoutExpired":                              "The operation timed out.",
	"ErrorTimeZone":                                    "The time zone is not known.",
	"ErrorUnsupportedPathForQuery":                     "The property cannot be used in a restriction.",
	"ErrorUnsupportedPathForSortGroup":                 "The property cannot be used to sort or group.",
	"ErrorValueOutOfRange":                             "The value is out of range.",
}

// soap is the fault as the only thing in a SOAP body.
func (f *fault) soap() *node {
	code := "a:" + f.code
	if f.client {
		code = "s:Client"
	}
	detail := el("detail",
		el("e:ResponseCode", attr{"xmlns:e", nsErrors}, f.code),
		el("e:Message", attr{"xmlns:e", nsErrors}, f.message()))
	if x := f.messageXML(); x != nil {
		x.attrs = append(x.attrs, attr{"xmlns:t", nsTypes})
		detail.kids = append(detail.kids, x)
	}
	text := f.message()
	if f.violation != "" {
		text = "The request failed schema validation: " + f.violation
	}
	out := el("s:Fault",
		el("faultcode", attr{"xmlns:a", nsTypes}, code),
		el("faultstring", attr{"xml:lang", "en-US"}, text))
	if !f.client {
		out.kids = append(out.kids, detail)
	}
	return out
}

func (f *fault) messageXML() *node {
	if f.violation != "" {
		return el("t:MessageXml",
			el("t:LineNumber", strconv.Itoa(f.line)),
			el("t:LinePosition", strconv.Itoa(f.col)),
			el("t:Violation", f.violation))
	}
	if len(f.values) == 0 {
		return nil
	}
	x := el("t:MessageXml")
	for _, v := range f.values {
		x.kids = append(x.kids, el("t:Value", attr{"Name", v.name}, v.value))
	}
	return x
}

func (f *fault) httpStatus() int {
	if f.status != 0 {
		return f.status
	}
	return http.StatusInternalServerError
}

// answer makes the response message of one item. Its parts come after the
// code, in the schema's order.
func answer(op string, parts ...*node) *node {
	return el("m:"+op+"ResponseMessage", attr{"ResponseClass", "Success"}, el("m:ResponseCode", "NoError"), parts)
}

// warn is a response message that succeeded with a remark.
func warn(op string, f *fault, parts ...*node) *node {
	n := failed(op, f, parts...)
	n.attrs[0].value = "Warning"
	return n
}

// failed is the response message of an item that was refused. Parts are what
// the schema wants there even so, such as an empty m:Items.
func failed(op string, f *fault, parts ...*node) *node {
	n := el("m:"+op+"ResponseMessage", attr{"ResponseClass", "Error"},
		el("m:MessageText", f.message()), el("m:ResponseCode", f.code), el("m:DescriptiveLinkKey", "0"))
	if x := f.messageXML(); x != nil {
		x.name = "m:MessageXml"
		n.kids = append(n.kids, x)
	}
	n.kids = append(n.kids, parts...)
	return n
}

// respond wraps response messages into the operation's answer.
func respond(op string, messages ...*node) *node {
	return el("m:"+op+"Response", el("m:ResponseMessages", messages))
}
