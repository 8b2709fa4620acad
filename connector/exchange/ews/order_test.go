package ews_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
)

// The order of elements in Microsoft's schema (types.xsd and messages.xsd of
// Exchange 15.2), for everything that is sent here. A name before = is an element;
// those of several contents have a parent before a slash.
const itemOrder = "MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe " +
	"IsResend IsUnmodified InternetMessageHeaders DateTimeSent DateTimeCreated ResponseObjects ReminderDueBy ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc DisplayTo " +
	"DisplayBcc HasAttachments ExtendedProperty* Culture EffectiveRights LastModifiedName LastModifiedTime IsAssociated WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody Flag "

var orders = readOrders(`
Envelope = Header Body
Header = RequestServerVersion ExchangeImpersonation TimeZoneContext
ExchangeImpersonation = ConnectingSID
ConnectingSID = PrimarySmtpAddress
TimeZoneContext = TimeZoneDefinition
Message = ` + itemOrder + `Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ConversationIndex ConversationTopic From InternetMessageId IsRead IsResponseRequested References ReplyTo ReceivedBy ReceivedRepresenting
CalendarItem = ` + itemOrder + `UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location When IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer RequiredAttendees OptionalAttendees Resources ConflictingMeetingCount AdjacentMeetingCount ConflictingMeetings AdjacentMeetings Duration TimeZone AppointmentReplyTime AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence ModifiedOccurrences DeletedOccurrences MeetingTimeZone StartTimeZone EndTimeZone
Task = ` + itemOrder + `ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts DelegationState Delegator DueDate IsAssignmentEditable IsComplete IsRecurring IsTeamTask Mileage Owner PercentComplete Recurrence StartDate Status StatusDescription TotalWork
Contact = ` + itemOrder + `FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompleteName CompanyName EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Companies ContactSource Department Generation ImAddresses JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName Surname
ReplyToItem = Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent
ReplyAllToItem = Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent
ForwardItem = Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent
CancelCalendarItem = Subject Body ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From ReferenceItemId NewBodyContent
AcceptItem = ItemClass Sensitivity Body Attachments InternetMessageHeaders Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ReferenceItemId
TentativelyAcceptItem = ItemClass Sensitivity Body Attachments InternetMessageHeaders Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ReferenceItemId
DeclineItem = ItemClass Sensitivity Body Attachments InternetMessageHeaders Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ReferenceItemId
Mailbox = Name EmailAddress RoutingType MailboxType ItemId
GetUserOofSettingsRequest/Mailbox = Name Address RoutingType
SetUserOofSettingsRequest/Mailbox = Name Address RoutingType
ToRecipients = Mailbox*
CcRecipients = Mailbox*
BccRecipients = Mailbox*
ReplyTo = Mailbox*
From = Mailbox
RequiredAttendees = Attendee*
OptionalAttendees = Attendee*
Resources = Attendee*
Attendee = Mailbox ResponseType LastResponseTime
Categories = String*
Flag = FlagStatus StartDate DueDate CompleteDate
EmailAddresses = Entry*
PhoneNumbers = Entry*
ExtendedProperty = ExtendedFieldURI Value Values
FileAttachment = AttachmentId Name ContentType ContentId ContentLocation Size LastModifiedTime IsInline IsContactPhoto Content
ItemShape = BaseShape IncludeMimeContent BodyType UniqueBodyType NormalizedBodyType FilterHtmlContent ConvertHtmlCodePageToUTF8 AdditionalProperties
FolderShape = BaseShape AdditionalProperties
AttachmentShape = IncludeMimeContent BodyType FilterHtmlContent AdditionalProperties
AdditionalProperties = FieldURI|IndexedFieldURI|ExtendedFieldURI*
ItemIds = ItemId*
FolderIds = FolderId|DistinguishedFolderId*
ParentFolderIds = FolderId|DistinguishedFolderId*
ParentFolderId = FolderId|DistinguishedFolderId
SavedItemFolderId = FolderId|DistinguishedFolderId
ToFolderId = FolderId|DistinguishedFolderId
SyncFolderId = FolderId|DistinguishedFolderId
DistinguishedFolderId = Mailbox
Restriction = And|Or|Not|Contains|IsEqualTo|IsNotEqualTo|IsGreaterThan|IsGreaterThanOrEqualTo|IsLessThan|IsLessThanOrEqualTo
And = And|Or|Not|Contains|IsEqualTo|IsNotEqualTo|IsGreaterThan|IsGreaterThanOrEqualTo|IsLessThan|IsLessThanOrEqualTo*
Or = And|Or|Not|Contains|IsEqualTo|IsNotEqualTo|IsGreaterThan|IsGreaterThanOrEqualTo|IsLessThan|IsLessThanOrEqualTo*
Not = And|Or|Not|Contains|IsEqualTo|IsNotEqualTo|IsGreaterThan|IsGreaterThanOrEqualTo|IsLessThan|IsLessThanOrEqualTo
IsEqualTo = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
IsNotEqualTo = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
IsGreaterThan = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
IsGreaterThanOrEqualTo = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
IsLessThan = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
IsLessThanOrEqualTo = FieldURI|IndexedFieldURI|ExtendedFieldURI FieldURIOrConstant
FieldURIOrConstant = Constant
Contains = FieldURI|IndexedFieldURI|ExtendedFieldURI Constant
SortOrder = FieldOrder*
FieldOrder = FieldURI
GetFolder = FolderShape FolderIds
FindFolder = FolderShape IndexedPageFolderView Restriction ParentFolderIds
CreateFolder = ParentFolderId Folders
Folders = Folder*
Folder = FolderId ParentFolderId FolderClass DisplayName TotalCount ChildFolderCount ExtendedProperty*
DeleteFolder = FolderIds
EmptyFolder = FolderIds
FindItem = ItemShape IndexedPageItemView|CalendarView GroupBy Restriction SortOrder ParentFolderIds QueryString
GetItem = ItemShape ItemIds
CreateItem = SavedItemFolderId Items
Items = Message|CalendarItem|Contact|Task|ReplyToItem|ReplyAllToItem|ForwardItem|CancelCalendarItem|AcceptItem|DeclineItem|TentativelyAcceptItem*
UpdateItem = SavedItemFolderId ItemChanges
ItemChanges = ItemChange*
ItemChange = ItemId Updates
Updates = SetItemField|DeleteItemField*
SetItemField = FieldURI|IndexedFieldURI|ExtendedFieldURI Message|CalendarItem|Contact|Task
DeleteItemField = FieldURI|IndexedFieldURI|ExtendedFieldURI
SendItem = ItemIds SavedItemFolderId
MoveItem = ToFolderId ItemIds ReturnNewItemIds
CopyItem = ToFolderId ItemIds ReturnNewItemIds
DeleteItem = ItemIds
CreateAttachment = ParentItemId Attachments
Attachments = FileAttachment*
GetAttachment = AttachmentShape AttachmentIds
DeleteAttachment = AttachmentIds
AttachmentIds = AttachmentId*
SyncFolderItems = ItemShape SyncFolderId SyncState Ignore MaxChangesReturned SyncScope
Subscribe = StreamingSubscriptionRequest
StreamingSubscriptionRequest = FolderIds EventTypes
EventTypes = EventType*
GetStreamingEvents = SubscriptionIds ConnectionTimeout
SubscriptionIds = SubscriptionId*
ResolveNames = ParentFolderIds UnresolvedEntry
GetUserOofSettingsRequest = Mailbox
SetUserOofSettingsRequest = Mailbox UserOofSettings
UserOofSettings = OofState ExternalAudience Duration InternalReply ExternalReply
Duration = StartTime EndTime
InternalReply = Message
ExternalReply = Message
GetUserConfiguration = UserConfigurationName UserConfigurationProperties
UpdateUserConfiguration = UserConfiguration
CreateUserConfiguration = UserConfiguration
UserConfiguration = UserConfigurationName ItemId Dictionary XmlData BinaryData
UserConfigurationName = FolderId|DistinguishedFolderId
GetRoomLists =
GetRooms = RoomList
RoomList = Name EmailAddress RoutingType
GetServerTimeZones = Ids
GetUserAvailabilityRequest = TimeZone MailboxDataArray FreeBusyViewOptions SuggestionsViewOptions
GetUserAvailabilityRequest/TimeZone = Bias StandardTime DaylightTime
StandardTime = Bias Time DayOrder Month DayOfWeek Year
DaylightTime = Bias Time DayOrder Month DayOfWeek Year
MailboxDataArray = MailboxData*
MailboxData = Email AttendeeType ExcludeConflicts
Email = Name Address RoutingType
SuggestionsViewOptions = GoodThreshold MaximumResultsByDay MaximumNonWorkHourResultsByDay MeetingDurationInMinutes MinimumSuggestionQuality DetailedSuggestionsWindow CurrentMeetingTime GlobalObjectId
DetailedSuggestionsWindow = StartTime EndTime
Autodiscover = Request
Request = EMailAddress AcceptableResponseSchema
`)

// place is one of several names, so often.
type place struct {
	names []string
	many  bool
}

func readOrders(text string) map[string][]place {
	out := map[string][]place{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		places := []place{}
		for _, w := range strings.Fields(rest) {
			bare, many := strings.CutSuffix(w, "*")
			places = append(places, place{strings.Split(bare, "|"), many})
		}
		out[strings.TrimSpace(name)] = places
	}
	return out
}

// inOrder checks a message that is sent against the table.
func inOrder(t *testing.T, body []byte) {
	t.Helper()
	if why := disorder(body); why != "" {
		t.Errorf("%s in %.2000s", why, body)
	}
}

// opened is an element that is not closed yet, and how far its children have come.
type opened struct {
	name   string
	places []place
	at     int
	used   bool
}

func disorder(body []byte) string {
	var path []*opened
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return ""
		}
		if err != nil {
			return err.Error()
		}
		switch s := token.(type) {
		case xml.StartElement:
			next := &opened{name: s.Name.Local, places: orders[s.Name.Local]}
			if len(path) > 0 {
				above := path[len(path)-1]
				if own, ok := orders[above.name+"/"+next.name]; ok {
					next.places = own
				}
				if !above.take(next.name) && above.name != "Body" {
					return next.name + " has no place in " + above.name + " there"
				}
			}
			path = append(path, next)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// take finds the place of a child, at or after the last one's.
func (o *opened) take(child string) bool {
	for at := o.at; at < len(o.places); at++ {
		p := o.places[at]
		if slices.Contains(p.names, child) && (at > o.at || !o.used || p.many) {
			o.at, o.used = at, true
			return true
		}
	}
	return false
}

func TestTheOrderOfElementsIsChecked(t *testing.T) {
	wrap := func(item string) []byte {
		return []byte(`<Envelope><Header/><Body><CreateItem><Items><Message>` + item + `</Message></Items></CreateItem></Body></Envelope>`)
	}
	if why := disorder(wrap("<Subject/><Body/><ExtendedProperty/><ExtendedProperty/><From/>")); why != "" {
		t.Error(why)
	}
	for _, bad := range []string{"<Body/><Subject/>", "<From/><ToRecipients/>", "<Subject/><Subject/>", "<Nonsense/>", "<ToRecipients/><ExtendedProperty/>"} {
		if disorder(wrap(bad)) == "" {
			t.Errorf("%s is taken", bad)
		}
	}
}
