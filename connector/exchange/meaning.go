package exchange

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Meaning is what a refusal is to people: of which kind, and what to do. A
// credential or a right that is missing there is a Conflict: whoever asks us is
// known and allowed here.
type Meaning struct {
	Kind signoff.Kind
	Code string
	Hint string
}

// meanings of the codes that Exchange has whatever the protocol, in lower case.
// What is missing where, a protocol knows better: it explains rights itself.
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
var meanings = map[string]Meaning{
	"erroritemnotfound":                   {signoff.NotFound, CodeGone, "The item was deleted, or was moved and has another id there. Look for it again."},
	"errorfoldernotfound":                 {signoff.NotFound, CodeGone, "The folder was deleted, or is in another mailbox."},
	"errorattachmentnotfound":             {signoff.NotFound, CodeGone, "The attachment was taken away."},
	"errorinvalidattachmentid":            {signoff.NotFound, CodeGone, "The attachment was taken away, or its id is not whole."},
	"errorinvalididmalformed":             {signoff.Invalid, CodeGone, "The id is not whole, or is one of another kind. Pass it on as it was returned: upper and lower case count."},
	"errorinvalidid":                      {signoff.Invalid, CodeGone, "The id is not whole, or is one of another kind. Pass it on as it was returned: upper and lower case count."},
	"errorinvalididempty":                 {signoff.Invalid, CodeGone, "The id is empty: the step that should have given it did not."},
	"errorinvalididnotanitemattachmentid": {signoff.Invalid, CodeGone, "The id is one of another kind."},

	"errorsendasdenied":                {signoff.Conflict, CodeSendAs, "Exchange has to allow the account to send as this address: Add-RecipientPermission <address> -Trustee <account> -AccessRights SendAs, or Set-Mailbox <address> -GrantSendOnBehalfTo @{Add='<account>'}. It takes up to an hour to work."},
	"errorinvalidrecipients":           {signoff.Invalid, CodeRecipients, "Check the addresses; there has to be at least one, and each has to be whole."},
	"errormissingrecipients":           {signoff.Invalid, CodeRecipients, "Name somebody it goes to."},
	"errorrecipientnotfound":           {signoff.Invalid, CodeRecipients, "Check the addresses."},
	"errorexceededmessagelimit":        {signoff.Unavailable, CodeBusy, "The mailbox sends as much as it may (30 mails a minute on Exchange Online). It goes on by itself."},
	"errorsubmissionquotaexceeded":     {signoff.Unavailable, CodeFull, "The mailbox has sent to as many recipients as it may in a day. Use another sender, or SMTP, for bulk mail."},
	"errorquotaexceeded":               {signoff.Unavailable, CodeFull, "The mailbox is full. Its owner has to delete something, or an administrator has to give it more room: Set-Mailbox <address> -ProhibitSendReceiveQuota."},
	"errormessagesizeexceeded":         {signoff.TooLarge, CodeTooLarge, "The mail is larger than the organization allows: Set-Mailbox <address> -MaxSendSize."},
	"errorattachmentsizelimitexceeded": {signoff.TooLarge, CodeTooLarge, "The attachment is larger than the organization allows."},

	"errorirresolvableconflict": {signoff.Conflict, CodeConflict, "Somebody changed it at the same moment. Read it again and repeat."},
	"errorstaleobject":          {signoff.Conflict, CodeConflict, "Somebody changed it at the same moment. Read it again and repeat."},
	"errorchangekeyrequired":    {signoff.Conflict, CodeConflict, "Read it again and repeat."},
	"errorinvalidchangekey":     {signoff.Conflict, CodeConflict, "Read it again and repeat."},
	"errorfolderexists":         {signoff.Conflict, CodeConflict, "There is a folder of this name already."},

	"errornonexistentmailbox":       {signoff.NotFound, CodeNoMailbox, "There is no mailbox with this address. Check it: the primary address counts, and a mailbox needs a licence."},
	"errorinvaliduser":              {signoff.NotFound, CodeNoMailbox, "There is nobody of this name. Check the address of the mailbox."},
	"errormissingemailaddress":      {signoff.NotFound, CodeNoMailbox, "Whoever signed in has no mailbox. Enter the address of one."},
	"mailboxnotenabledforrestapi":   {signoff.NotFound, CodeNoMailbox, "The mailbox is on an Exchange Server, has no licence, or is inactive. For one on a server of your own choose Exchange Web Services; in the cloud give it a licence for Exchange Online."},
	"mailboxnotsupportedforrestapi": {signoff.NotFound, CodeNoMailbox, "The mailbox is of a kind that Microsoft Graph does not open. Choose Exchange Web Services, or another mailbox."},

	"errorserverbusy":                   {signoff.Unavailable, CodeBusy, ""},
	"errormailboxmoveinprogress":        {signoff.Unavailable, CodeBusy, "The mailbox is being moved to another server. It goes on by itself."},
	"errormailboxstoreunavailable":      {signoff.Unavailable, CodeBusy, ""},
	"errormailboxfailover":              {signoff.Unavailable, CodeBusy, ""},
	"errorinternalservertransienterror": {signoff.Unavailable, CodeBusy, ""},
	"erroradunavailable":                {signoff.Unavailable, CodeBusy, ""},
	"errortimeoutexpired":               {signoff.Unavailable, CodeBusy, ""},
	"errorconnectionfailed":             {signoff.Unavailable, CodeBusy, ""},
	"errorinternalservererror":          {signoff.Unavailable, CodeBusy, "If it stays, give Microsoft support the request id."},
	"errortoomanyobjectsopened":         {signoff.Unavailable, CodeBusy, ""},
	"errorexceededconnectioncount":      {signoff.Unavailable, CodeBusy, "Other programs use the mailbox as well."},
	"mailboxconcurrency":                {signoff.Unavailable, CodeBusy, "Other programs use the mailbox as well."},
	"applicationthrottled":              {signoff.Unavailable, CodeBusy, ""},
	"toomanyrequests":                   {signoff.Unavailable, CodeBusy, ""},
	"servicenotavailable":               {signoff.Unavailable, CodeBusy, ""},
	"serviceunavailable":                {signoff.Unavailable, CodeBusy, ""},
	"generalexception":                  {signoff.Unavailable, CodeBusy, "If it stays, give Microsoft support the request id."},

	"errorimpersonateuserdenied":                  {signoff.Conflict, CodeImpersonate, "The right to act as the owner of the mailbox is missing."},
	"errorimpersonationdenied":                    {signoff.Conflict, CodeImpersonate, "The right to act as the owner of the mailbox is missing."},
	"errorimpersonationfailed":                    {signoff.NotFound, CodeNoMailbox, "Nobody can be acted as by this address. Check it."},
	"errorinvalidexchangeimpersonationheaderdata": {signoff.NotFound, CodeNoMailbox, "Nobody can be acted as by this address. Check it."},
	"erroraccessdenied":                           {signoff.Conflict, CodeDenied, ""},
	"errorcreateitemaccessdenied":                 {signoff.Conflict, CodeDenied, ""},
	"errorfolderaccessdenied":                     {signoff.Conflict, CodeDenied, ""},
	"errorsyncfoldernotfound":                     {signoff.NotFound, CodeGone, "The folder was deleted, or is in another mailbox."},
	"errorcannotuseitemidforfolderid":             {signoff.Invalid, CodeGone, "The id is one of a mail and not of a folder."},
	"errorcannotusefolderidforitemid":             {signoff.Invalid, CodeGone, "The id is one of a folder and not of a mail."},
	"errorinvalididmonikertoolong":                {signoff.Invalid, CodeGone, "The id is not whole, or is one of another kind."},
	"errorinvalididstoreobjectidtoolong":          {signoff.Invalid, CodeGone, "The id is not whole, or is one of another kind."},
	"errorchangekeyrequiredforwriteoperations":    {signoff.Conflict, CodeConflict, "Read it again and repeat."},
	"errorinvalidpropertyupdatesentmessage":       {signoff.Conflict, CodeConflict, "The mail was sent or received: only whether it is read, its flag, its importance and its categories can be changed."},
	"errorinvaliditemforoperationsenditem":        {signoff.Conflict, CodeConflict, "It is no draft: it was sent already."},
	"errorexceededsubscriptioncount":              {signoff.Unavailable, CodeRefused, "Other programs listen to the mailbox, too many of them. New mail is asked for in turns instead."},
	"errorcalendarviewrangetoobig":                {signoff.Invalid, CodeRefused, "Ask for less than two years of a calendar at a time."},
	"errortimezone":                               {signoff.Invalid, CodeRefused, "Use a time zone that Time Zone, List names, as Europe/Berlin or W. Europe Standard Time."},
	"errorschemavalidation":                       {signoff.Invalid, CodeRefused, ""},
	"errorinvalidrequest":                         {signoff.Invalid, CodeRefused, ""},
	"errorinvalidserverversion":                   {signoff.Invalid, CodeRefused, ""},
	"errorincorrectschemaversion":                 {signoff.Invalid, CodeRefused, ""},
	"errorbatchprocessingstopped":                 {signoff.Unavailable, CodeBusy, ""},

	"errororganizationaccessblocked": {signoff.Conflict, CodeDenied, "The organization has switched this way into its mailboxes off."},
	"erroraccountdisabled":           {signoff.Conflict, CodeDenied, "The account is disabled."},
	"errorinvalidtimezone":           {signoff.Invalid, CodeRefused, "Use a time zone that Time Zone, List names, as Europe/Berlin or W. Europe Standard Time."},
	"timezonenotsupportedexception":  {signoff.Invalid, CodeRefused, "Use a time zone that Time Zone, List names, as Europe/Berlin or W. Europe Standard Time."},
}

// Meaning classifies r by its code, and by its status when the code says
// nothing. A code that is not known is an honest refusal: it is not tried again
// unless the status says so.
func (r *Refusal) Meaning() Meaning {
	if m, ok := meanings[strings.ToLower(r.Code)]; ok {
		return m
	}
	switch {
	case r.Status == http.StatusUnauthorized:
		return Meaning{signoff.Conflict, CodeSignIn, "The credential was not accepted. Connect the account again, or check the OAuth resource and its audience."}
	case r.Status == http.StatusForbidden:
		return Meaning{signoff.Conflict, CodeDenied, ""}
	case r.Status == http.StatusTooManyRequests, r.Status == 509:
		return Meaning{signoff.Unavailable, CodeBusy, ""}
	case r.Status == http.StatusRequestEntityTooLarge:
		return Meaning{signoff.TooLarge, CodeTooLarge, ""}
	case r.Status == http.StatusInsufficientStorage:
		return meanings["errorquotaexceeded"]
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone:
		return Meaning{signoff.NotFound, CodeGone, ""}
	case r.Status == http.StatusConflict, r.Status == http.StatusPreconditionFailed:
		return meanings["errorirresolvableconflict"]
	case r.Status == http.StatusRequestTimeout || r.Status >= 500:
		return Meaning{signoff.Unavailable, CodeBusy, ""}
	}
	return Meaning{signoff.Invalid, CodeRefused, ""}
}

// Explain makes an error for people of a refusal. doing says what was tried
// ("Sending the mail"); a hint that is not empty takes the place of the usual
// one.
func (r *Refusal) Explain(doing, hint string) error {
	m := r.Meaning()
	if hint == "" {
		hint = m.Hint
	}
	if hint == "" && m.Code == CodeBusy {
		hint = "The server asks for patience. It is tried again by itself."
		if r.Wait > 0 {
			hint = fmt.Sprintf("The server asks to wait %s. It is tried again by itself.", r.Wait)
		}
	}
	return &signoff.Error{Kind: m.Kind, Code: m.Code, Detail: r.Told(doing), Hint: hint, Err: r}
}
