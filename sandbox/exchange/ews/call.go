package ews

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// operation answers one request: with the response element, or a refusal of the
// whole.
type operation func(*call, *node) (*node, error)

// operations are all there are, by the name of their request. It is filled in
// by init because operations read it through the envelope.
var operations map[string]operation

func init() {
	operations = map[string]operation{
		"GetFolder": getFolder, "FindFolder": findFolder, "CreateFolder": createFolder, "UpdateFolder": updateFolder,
		"DeleteFolder": deleteFolder, "EmptyFolder": emptyFolder, "MoveFolder": moveFolder, "MarkAllItemsAsRead": markAllRead,
		"FindItem": findItem, "GetItem": getItem, "CreateItem": createItem, "UpdateItem": updateItem, "SendItem": sendItem,
		"MoveItem": moveItem, "CopyItem": copyItem, "DeleteItem": deleteItem,
		"CreateAttachment": createAttachment, "GetAttachment": getAttachment, "DeleteAttachment": deleteAttachment,
		"SyncFolderItems": syncFolderItems, "SyncFolderHierarchy": syncFolderHierarchy,
		"Subscribe": subscribe, "Unsubscribe": unsubscribe, "GetEvents": getEvents, "GetStreamingEvents": nil,
		"ResolveNames": resolveNames, "ExpandDL": expandDL, "FindPeople": findPeople, "GetPersona": getPersona,
		"GetUserOofSettingsRequest": getOof, "SetUserOofSettingsRequest": setOof,
		"GetRoomLists": getRoomLists, "GetRooms": getRooms, "GetServerTimeZones": getServerTimeZones, "ConvertId": convertID,
		"GetUserConfiguration": getUserConfiguration, "UpdateUserConfiguration": updateUserConfiguration,
	}
}

// absent are the operations that Exchange has and this server has not. They
// are told from those that nobody has.
var absent = strings.Fields(`AddDelegate AddDistributionGroupToImList AddImContactToGroup AddImGroup AddNewImContactToGroup AddNewTelUriContactToGroup
	ApplyConversationAction ArchiveItem CopyFolder CreateFolderPath CreateManagedFolder CreateUserConfiguration DeleteUserConfiguration DisableApp
	DisconnectPhoneCall ExportItems FindConversation FindMailboxStatisticsByKeywords FindMessageTrackingReport GetAppManifests GetAppMarketplaceUrl
	GetClientAccessToken GetConversationItems GetDelegate GetDiscoverySearchConfiguration GetHoldOnMailboxes GetImItemList GetImItems GetInboxRules
	GetMailTips GetMessageTrackingReport GetNonIndexableItemDetails GetNonIndexableItemStatistics GetPasswordExpirationDate GetPhoneCallInformation
	GetReminders GetSearchableMailboxes GetServiceConfiguration GetSharingFolder GetSharingMetadata GetUserAvailabilityRequest GetUserPhoto
	GetUserRetentionPolicyTags InstallApp MarkAsJunk PerformReminderAction PlayOnPhone RefreshSharingFolder RemoveContactFromImList RemoveDelegate
	RemoveDistributionGroupFromImList RemoveImContactFromGroup RemoveImGroup SearchMailboxes SetHoldOnMailboxes SetImGroup SetImListMigrationCompleted
	SetTeamMailbox SetUserPhoto UninstallApp UnpinTeamMailbox UpdateDelegate UpdateInboxRules UpdateItemInRecoverableItems UploadItems`)

// call is one request on its way: who asks, for whose mailbox.
type call struct {
	srv    *Server
	ctx    context.Context
	who    Caller
	env    envelope
	box    *exchange.Mailbox // that is worked in; nil: a program without impersonation
	budget string
	affine bool // it brought back the cookie that leads to one back end
}

// target is the mailbox whose budget is charged, for want of one the caller.
func (c *call) target() string {
	if c.box != nil {
		return c.box.Address().Address
	}
	return c.who.App
}

// begin finds the mailbox and takes a place in its budget; done gives it back.
func (s *Server) begin(r *http.Request, who Caller, e envelope) (*call, *fault) {
	c := &call{srv: s, ctx: r.Context(), who: who, env: e}
	if k, err := r.Cookie(affinityCookie); err == nil {
		c.affine = k.Value == backEnd
	}
	if who.Address != "" {
		c.box = s.lookup(who.Address)
		if c.box == nil && e.impersonateKind == "" {
			return nil, refuse("ErrorNonExistentMailbox")
		}
	}
	if e.impersonateKind != "" {
		box, f := s.impersonate(who, e)
		if f != nil {
			return nil, f
		}
		c.box = box
	}
	if anchor := r.Header.Get("X-AnchorMailbox"); anchor != "" && c.box != nil && !strings.EqualFold(anchor, c.box.Address().Address) {
		s.misrouted.Add(1)
	}
	c.budget = who.key() + "|" + c.target()
	if !s.limits.enter(c.budget) {
		return nil, refuse("ErrorExceededConnectionCount")
	}
	return c, nil
}

// Requests with X-PreferServerAffinity are given a cookie that leads later ones
// to the back end that knows their subscriptions.
const (
	affinityCookie = "X-BackEndOverrideCookie"
	backEnd        = "sandboxbe01.contoso.test~1941962753"
)

func preferAffinity(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("X-PreferServerAffinity"), "true") {
		http.SetCookie(w, &http.Cookie{Name: affinityCookie, Value: backEnd, Path: "/", HttpOnly: true, Secure: r.TLS != nil})
	}
}

func (c *call) done() { c.srv.limits.leave(c.budget) }

// Misrouted counts requests whose X-AnchorMailbox named another mailbox than
// the one they opened.
func (s *Server) Misrouted() int64 { return s.misrouted.Load() }

// lookup finds a mailbox by an SMTP address, or gives nil.
func (s *Server) lookup(address string) *exchange.Mailbox {
	if !strings.Contains(address, "@") {
		return nil
	}
	m, err := s.Exchange.Mailbox(address)
	if err != nil {
		return nil
	}
	return m
}

// impersonate finds the mailbox that a caller wants to work in as its owner,
// and asks whether it may.
func (s *Server) impersonate(who Caller, e envelope) (*exchange.Mailbox, *fault) {
	address := e.impersonate
	if e.impersonateKind == "SID" {
		v, on := s.switches.strike("sid-allowed", who, "", "")
		if !on {
			return nil, refuse("ErrorImpersonateUserDenied")
		}
		address = v
	}
	box := s.lookup(address)
	if box == nil {
		if e.impersonateKind == "PrincipalName" {
			return nil, refuse("ErrorImpersonationFailed")
		}
		return nil, refuse("ErrorNonExistentMailbox")
	}
	if !s.mayImpersonate(who, box) {
		return nil, refuse("ErrorImpersonateUserDenied")
	}
	return box, nil
}

// asFault turns an error into what Exchange says.
func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var e *exchange.Error
	if errors.As(err, &e) {
		return inWords(e)
	}
	return &fault{code: "ErrorInternalServerError"}
}

// otherCodes are the codes of the model that EWS does not have.
var otherCodes = map[string]string{
	"ErrorExceededMessageLimit": "ErrorSubmissionQuotaExceeded", "ErrorAttachmentNotFound": "ErrorItemNotFound",
	"ErrorInvalidFolderName": "ErrorFolderSavePropertyError",
}

// inWords says what the model refused the way EWS does.
func inWords(e *exchange.Error) *fault {
	if other, ok := otherCodes[e.Code]; ok {
		return &fault{code: other, text: e.Message}
	}
	if e.Code == "ErrorInvalidRecipients" {
		return refuse(e.Code)
	}
	return &fault{code: e.Code, text: e.Message}
}

func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
