package ews

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// answerGrammar is what Exchange's schemas say about answers, in the notation
// of grammar. The tests' client looks at every answer through it, and
// reference/microsoft.md's answers, which were checked against the schemas
// themselves, keep it honest.
const answerGrammar = grammar + `
Answer         = @ResponseClass:Success,Warning,Error m:MessageText>text? m:ResponseCode>text m:DescriptiveLinkKey>0..0? m:MessageXml?
Folders        = Folder>BaseFolder|CalendarFolder>BaseFolder|ContactsFolder>BaseFolder|SearchFolder|TasksFolder>BaseFolder*
Items          = Item>Item|Message>Message|CalendarItem>CalendarItem|Contact>Contact|Task>Task|MeetingResponse>Message*
OneItem        = Item>Item|Message>Message|CalendarItem>CalendarItem|Contact>Contact|Task>Task
OneFolder      = Folder>BaseFolder|CalendarFolder>BaseFolder|ContactsFolder>BaseFolder|SearchFolder|TasksFolder>BaseFolder
Paging         = @IndexedPagingOffset?:int @NumeratorOffset?:int @AbsoluteDenominator?:int @TotalItemsInView?:int @IncludesLastItemInRange?:bool
FolderRoot     = +Paging Folders>Folders?
ItemRoot       = +Paging Items>Items|Groups?
Conflicts      = Count>int
ChangedItemId  = @RootItemId:text @RootItemChangeKey:text
NewAttachment  = @Id:text @RootItemId?:text @RootItemChangeKey?:text
ReadFlag       = ItemId>ItemId IsRead>bool
OneItemId      = ItemId>ItemId
OneFolderId    = FolderId>FolderId
ItemChangeList = Create>OneItem|Update>OneItem|Delete>OneItemId|ReadFlagChange>ReadFlag*
FolderChangeList = Create>OneFolder|Update>OneFolder|Delete>OneFolderId*
Event          = Watermark>text? TimeStamp>date FolderId>FolderId|ItemId>ItemId ParentFolderId>FolderId
Moved          = +Event OldFolderId>FolderId|OldItemId>ItemId OldParentFolderId>FolderId
Modified       = +Event UnreadCount>int?
Status         = Watermark>text?
Notification   = SubscriptionId>text PreviousWatermark>text? MoreEvents>bool? CopiedEvent>Moved|CreatedEvent>Event|DeletedEvent>Event|ModifiedEvent>Modified|MovedEvent>Moved|NewMailEvent>Event|StatusEvent>Status|FreeBusyChangedEvent>Event+
Notifications  = m:Notification>Notification+
SubscriptionList = m:SubscriptionId>text|t:SubscriptionId>text+
Resolution     = Mailbox>Mailbox Contact>Contact?
Resolutions    = +Paging Resolution>Resolution*
Expansion      = +Paging Mailbox>Mailbox*
Persona        = PersonaId>ItemId? PersonaType>text? DisplayName>text? GivenName>text? Surname>text? Title>text? EmailAddress>Mailbox?
People         = Persona>Persona*
Addresses      = Address>Mailbox*
Room           = Id>Mailbox
Rooms          = Room>Room*
Period         = @Bias:text @Name:text @Id:text
Periods        = Period>Period+
Transition     = To>Target
Recurring      = +Transition TimeOffset>text Month>1..12 DayOfWeek>text Occurrence>int
Target         = @Kind:Period,Group
Group          = @Id:text Transition>Transition|RecurringDayTransition>Recurring+
Groups         = TransitionsGroup>Group+
Transitions    = Transition>Transition+
TimeZone       = @Id:text @Name?:text Periods>Periods? TransitionsGroups>Groups? Transitions>Transitions?
TimeZones      = TimeZoneDefinition>TimeZone*

GetFolderResponseMessage = +Answer m:Folders>Folders?
CreateFolderResponseMessage = +GetFolderResponseMessage
UpdateFolderResponseMessage = +GetFolderResponseMessage
MoveFolderResponseMessage = +GetFolderResponseMessage
DeleteFolderResponseMessage = +Answer
EmptyFolderResponseMessage = +Answer
FindFolderResponseMessage = +Answer m:RootFolder>FolderRoot?
FindItemResponseMessage = +Answer m:RootFolder>ItemRoot?
GetItemResponseMessage = +Answer m:Items>Items
CreateItemResponseMessage = +GetItemResponseMessage
MoveItemResponseMessage = +GetItemResponseMessage
CopyItemResponseMessage = +GetItemResponseMessage
UpdateItemResponseMessage = +GetItemResponseMessage m:ConflictResults>Conflicts?
SendItemResponseMessage = +Answer
DeleteItemResponseMessage = +Answer
MarkAllItemsAsReadResponseMessage = +Answer
GetAttachmentResponseMessage = +Answer m:Attachments>AnyAttachments
AnyAttachments = FileAttachment>FileAttachment|ItemAttachment>ItemAttachment*
CreateAttachmentResponseMessage = +GetAttachmentResponseMessage
DeleteAttachmentResponseMessage = +Answer m:RootItemId>ChangedItemId?
SyncFolderItemsResponseMessage = +Answer m:SyncState>text? m:IncludesLastItemInRange>bool? m:Changes>ItemChangeList?
SyncFolderHierarchyResponseMessage = +Answer m:SyncState>text? m:IncludesLastFolderInRange>bool? m:Changes>FolderChangeList?
SubscribeResponseMessage = +Answer m:SubscriptionId>text? m:Watermark>text?
UnsubscribeResponseMessage = +Answer
GetEventsResponseMessage = +Answer m:Notification>Notification?
GetStreamingEventsResponseMessage = +Answer m:Notifications>Notifications? m:ErrorSubscriptionIds>SubscriptionList? m:ConnectionStatus>OK,Closed?
ResolveNamesResponseMessage = +Answer m:ResolutionSet>Resolutions?
ExpandDLResponseMessage = +Answer m:DLExpansion>Expansion?
ConvertIdResponseMessage = +Answer m:AlternateId?
GetServerTimeZonesResponseMessage = +Answer m:TimeZoneDefinitions>TimeZones?
GetUserConfigurationResponseMessage = +Answer m:UserConfiguration>UserConfiguration?
UpdateUserConfigurationResponseMessage = +Answer

FindPeopleResponse = +Answer m:People>People? m:TotalNumberOfPeopleInView>int? m:FirstMatchingRowIndex>int? m:FirstLoadedRowIndex>int?
GetPersonaResponseMessage = +Answer m:Persona>Persona?
GetRoomListsResponse = +Answer m:RoomLists>Addresses?
GetRoomsResponse = +Answer m:Rooms>Rooms?
GetUserOofSettingsResponse = m:ResponseMessage>Answer OofSettings>OofSettings? m:AllowExternalOof>None,Known,All?
SetUserOofSettingsResponse = m:ResponseMessage>Answer?
`

// answers is the grammar, with the frame that most answers have in common.
var answers = func() types {
	t := readGrammar(answerGrammar)
	for name := range t {
		if op, ok := strings.CutSuffix(name, "ResponseMessage"); ok && op != "GetPersona" {
			t[op+"Response"] = content{parts: []part{readPart("m:ResponseMessages>" + op + "Messages")}}
			t[op+"Messages"] = content{parts: []part{readPart("m:" + name + ">" + name + "+")}}
		}
	}
	return t
}()

// checkAnswer looks at the one element of an answer's body.
func checkAnswer(body *node) *fault {
	if _, ok := answers[body.local()]; !ok {
		return violation(body, "nothing is known of %s", body.name)
	}
	return answers.validate(body, body.local())
}

func TestTheGrammarOfAnswersTakesWhatExchangesSchemaTakes(t *testing.T) {
	text, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		body := parse(t, wrapped("", line)).kid("s:Body").first()
		if f := checkAnswer(body); f != nil {
			t.Errorf("%s: %s", body.name, f.violation)
		}
		n++
	}
	if n < 22 {
		t.Errorf("only %d answers were read", n)
	}
}

// A kind that is misspelt would be taken for an enumeration.
func TestTheGrammarNamesNoTypeThatIsNotThere(t *testing.T) {
	simple := []string{"", "text", "bool", "int", "date", "base64"}
	known := func(kind string) bool {
		_, ok := answers[kind]
		return ok || slices.Contains(simple, kind) || strings.ContainsAny(kind, ",.") || kind == "SpecifiedOccurrenceOnly"
	}
	for name, c := range answers {
		for _, a := range c.attrs {
			if !known(a.kind) {
				t.Errorf("%s has an attribute %s of kind %q", name, a.name, a.kind)
			}
		}
		for _, p := range c.parts {
			for _, q := range p.choices {
				if !known(q.kind) {
					t.Errorf("%s has %s of kind %q", name, q.name, q.kind)
				}
			}
		}
	}
}

// Whatever the order of two neighbours in an answer, only one is right.
func TestAnAnswerOutOfOrderIsSeen(t *testing.T) {
	o := open(t)
	o.draft("jane", "Order", "")
	n := o.ok(o.ask("jane", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="drafts"/></m:ParentFolderIds></m:FindItem>`))
	item := n.kid("m:RootFolder", "t:Items", "t:Message")
	if f := answers.validate(item, "Message"); f != nil || len(item.kids) < 20 {
		t.Fatalf("%d properties, %v", len(item.kids), f)
	}
	for i := 1; i < len(item.kids); i++ {
		other := *item
		other.kids = slices.Clone(item.kids)
		other.kids[i-1], other.kids[i] = other.kids[i], other.kids[i-1]
		if answers.validate(&other, "Message") == nil {
			t.Errorf("%s and %s may change places", item.kids[i-1].name, item.kids[i].name)
		}
	}
}
