package ews

// grammar says what may stand where, after the schemas that Exchange serves
// (messages.xsd, types.xsd). A line is "Type = attributes and parts".
//
//	@Name:kind  a required attribute, @Name?:kind an optional one
//	+Type       the parts of a type above, first
//	A>kind      one child <t:A> of that kind; no kind: not looked into
//	A|B         one of them; ? * + at the end: how often
//
// Kinds are the types of this grammar, text, bool, int, date, base64, a range
// of numbers (1..512) or the words of an enumeration (A,B). Attributes that are
// not listed are passed over: clients send some that the schema does not have.
const grammar = `
Mailbox        = Name>text? EmailAddress>text? RoutingType>text? MailboxType>text? ItemId>ItemId? OriginalDisplayName>text?
OneMailbox     = Mailbox>Mailbox
Mailboxes      = Mailbox>Mailbox*
Attendee       = Mailbox>Mailbox ResponseType>text? LastResponseTime>date? ProposedStart>date? ProposedEnd>date?
Attendees      = Attendee>Attendee+
ItemId         = @Id:text @ChangeKey?:text
FolderId       = @Id:text @ChangeKey?:text
Distinguished  = @Id:calendar,contacts,deleteditems,drafts,inbox,journal,notes,outbox,sentitems,tasks,msgfolderroot,publicfoldersroot,root,junkemail,searchfolders,voicemail,recoverableitemsroot,recoverableitemsdeletions,recoverableitemsversions,recoverableitemspurges,recoverableitemsdiscoveryholds,archiveroot,archivemsgfolderroot,archivedeleteditems,archiveinbox,archiverecoverableitemsroot,archiverecoverableitemsdeletions,archiverecoverableitemsversions,archiverecoverableitemspurges,archiverecoverableitemsdiscoveryholds,syncissues,conflicts,localfailures,serverfailures,recipientcache,quickcontacts,conversationhistory,adminauditlogs,todosearch,mycontacts,directory,imcontactlist,peopleconnect,favorites,mecontact,personmetadata,teamspaceactivity,teamspacemessaging,teamspaceworkitems,scheduled,orionnotes,tagitems,alltaggeditems,allcategorizeditems,externalcontacts,teamchat,teamchathistory,yammerdata,yammerroot,yammerinbound,yammeroutbound,yammerfeeds,kaizaladata,messageingestion,onedriveroot,onedriverecylebin,onedrivesystem,onedrivevolume,important,starred,companycontacts,organizationalcontacts @ChangeKey?:text Mailbox>Mailbox?
ItemIds        = ItemId>ItemId|OccurrenceItemId|RecurringMasterItemId|RecurringMasterItemIdRanges+
FolderIds      = FolderId>FolderId|DistinguishedFolderId>Distinguished+
TargetFolder   = FolderId>FolderId|DistinguishedFolderId>Distinguished|AddressListId
AttachmentId   = @Id:text
AttachmentIds  = AttachmentId>AttachmentId+

FieldURI       = @FieldURI:text
Indexed        = @FieldURI:text @FieldIndex:text
Extended       = @PropertyType:ApplicationTime,ApplicationTimeArray,Binary,BinaryArray,Boolean,CLSID,CLSIDArray,Currency,CurrencyArray,Double,DoubleArray,Error,Float,FloatArray,Integer,IntegerArray,Long,LongArray,Null,Object,ObjectArray,Short,ShortArray,SystemTime,SystemTimeArray,String,StringArray @DistinguishedPropertySetId?:Meeting,Appointment,Common,PublicStrings,Address,InternetHeaders,CalendarAssistant,UnifiedMessaging,Task,Sharing
Paths          = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended|ExceptionFieldURI+
ItemShape      = BaseShape>IdOnly,Default,AllProperties,PcxPeopleSearch IncludeMimeContent>bool? BodyType>Best,HTML,Text? UniqueBodyType>Best,HTML,Text? NormalizedBodyType>Best,HTML,Text? FilterHtmlContent>bool? ConvertHtmlCodePageToUTF8>bool? InlineImageUrlTemplate>text? BlockExternalImages>bool? AddBlankTargetToLinks>bool? MaximumBodySize>int? AdditionalProperties>Paths?
FolderShape    = BaseShape>IdOnly,Default,AllProperties AdditionalProperties>Paths?
AttachmentShape = IncludeMimeContent>bool? BodyType>Best,HTML,Text? FilterHtmlContent>bool? AdditionalProperties>Paths?

Values         = Value>text+
Property       = ExtendedFieldURI>Extended Value>text|Values>Values
Header         = @HeaderName:text
Headers        = InternetMessageHeader>Header+
Strings        = String>text*
Flag           = FlagStatus>NotFlagged,Flagged,Complete StartDate>date? DueDate>date? CompleteDate>date?
Rights         = CreateAssociated>bool CreateContents>bool CreateHierarchy>bool Delete>bool Modify>bool Read>bool ViewPrivateItems>bool?
Body           = @BodyType:HTML,Text
Content        = @CharacterSet?:text
Attachment     = AttachmentId>AttachmentId? Name>text? ContentType>text? ContentId>text? ContentLocation>text? AttachmentOriginalUrl>text? Size>int? LastModifiedTime>date? IsInline>bool?
FileAttachment = +Attachment IsContactPhoto>bool? Content>base64?
ItemAttachment = +Attachment Item>Item|Message>Message|CalendarItem>CalendarItem|Contact>Contact|Task>Task|MeetingMessage|MeetingRequest|MeetingResponse|MeetingCancellation|PostItem?
Attachments    = FileAttachment>FileAttachment|ItemAttachment>ItemAttachment|ReferenceAttachment+
Item           = MimeContent? ItemId>ItemId? ParentFolderId>FolderId? ItemClass>text? Subject>text? Sensitivity>Normal,Personal,Private,Confidential? Body>Body? Attachments>Attachments? DateTimeReceived>date? Size>int? Categories>Strings? Importance>Low,Normal,High? InReplyTo>text? IsSubmitted>bool? IsDraft>bool? IsFromMe>bool? IsResend>bool? IsUnmodified>bool? InternetMessageHeaders>Headers? DateTimeSent>date? DateTimeCreated>date? ResponseObjects? ReminderDueBy>date? ReminderIsSet>bool? ReminderNextTime>date? ReminderMinutesBeforeStart>int? DisplayCc>text? DisplayTo>text? DisplayBcc>text? HasAttachments>bool? ExtendedProperty>Property* Culture>text? EffectiveRights>Rights? LastModifiedName>text? LastModifiedTime>date? IsAssociated>bool? WebClientReadFormQueryString>text? WebClientEditFormQueryString>text? ConversationId>ItemId? UniqueBody>Body? Flag>Flag? StoreEntryId? InstanceKey? NormalizedBody>Body? EntityExtractionResult? PolicyTag? ArchiveTag? RetentionDate? Preview>text? RightsManagementLicenseData? NextPredictedAction? GroupingAction? PredictedActionReasons? IsClutter? BlockStatus? HasBlockedImages? TextBody>Body? IconIndex?
Message        = +Item Sender>OneMailbox? ToRecipients>Mailboxes? CcRecipients>Mailboxes? BccRecipients>Mailboxes? IsReadReceiptRequested>bool? IsDeliveryReceiptRequested>bool? ConversationIndex>base64? ConversationTopic>text? From>OneMailbox? InternetMessageId>text? IsRead>bool? IsResponseRequested>bool? References>text? ReplyTo>Mailboxes? ReceivedBy>OneMailbox? ReceivedRepresenting>OneMailbox? ApprovalRequestData? VotingInformation? ReminderMessageData?
Zone           = @Id?:text @Name?:text
CalendarItem   = +Item UID>text? RecurrenceId>date? DateTimeStamp>date? Start>date? End>date? OriginalStart>date? IsAllDayEvent>bool? LegacyFreeBusyStatus>Free,Tentative,Busy,OOF,WorkingElsewhere,NoData? Location>text? When>text? IsMeeting>bool? IsCancelled>bool? IsRecurring>bool? MeetingRequestWasSent>bool? IsResponseRequested>bool? CalendarItemType>text? MyResponseType>text? Organizer>OneMailbox? RequiredAttendees>Attendees? OptionalAttendees>Attendees? Resources>Attendees? ConflictingMeetingCount>int? AdjacentMeetingCount>int? ConflictingMeetings? AdjacentMeetings? Duration>text? TimeZone>text? AppointmentReplyTime>date? AppointmentSequenceNumber>int? AppointmentState>int? Recurrence? FirstOccurrence? LastOccurrence? ModifiedOccurrences? DeletedOccurrences? MeetingTimeZone? StartTimeZone>Zone? EndTimeZone>Zone? ConferenceType>int? AllowNewTimeProposal>bool? IsOnlineMeeting>bool? MeetingWorkspaceUrl>text? NetShowUrl>text? EnhancedLocation? StartWallClock>date? EndWallClock>date? StartTimeZoneId>text? EndTimeZoneId>text? IntendedFreeBusyStatus>text? JoinOnlineMeetingUrl>text? OnlineMeetingSettings? IsOrganizer>bool?
Keyed          = @Key:text
KeyedEntries   = Entry+
Contact        = +Item FileAs>text? FileAsMapping>text? DisplayName>text? GivenName>text? Initials>text? MiddleName>text? Nickname>text? CompleteName? CompanyName>text? EmailAddresses>KeyedEntries? AbchEmailAddresses? PhysicalAddresses>KeyedEntries? PhoneNumbers>KeyedEntries? AssistantName>text? Birthday>date? BusinessHomePage>text? Children? Companies? ContactSource>text? Department>text? Generation>text? ImAddresses? JobTitle>text? Manager>text? Mileage>text? OfficeLocation>text? PostalAddressIndex>text? Profession>text? SpouseName>text? Surname>text? WeddingAnniversary>date? HasPicture>bool? PhoneticFullName>text? PhoneticFirstName>text? PhoneticLastName>text? Alias>text? Notes>text? Photo>base64? UserSMIMECertificate? MSExchangeCertificate? DirectoryId>text? ManagerMailbox? DirectReports?
Task           = +Item ActualWork>int? AssignedTime>date? BillingInformation>text? ChangeCount>int? Companies? CompleteDate>date? Contacts? DelegationState>text? Delegator>text? DueDate>date? IsAssignmentEditable>int? IsComplete>bool? IsRecurring>bool? IsTeamTask>bool? Mileage>text? Owner>text? PercentComplete>text? Recurrence? StartDate>date? Status>NotStarted,InProgress,Completed,WaitingOnOthers,Deferred? StatusDescription>text? TotalWork>int?
Response       = Subject>text? Body>Body? ToRecipients>Mailboxes? CcRecipients>Mailboxes? BccRecipients>Mailboxes? IsReadReceiptRequested>bool? IsDeliveryReceiptRequested>bool? From>OneMailbox? ReferenceItemId>ItemId? NewBodyContent>Body?
MeetingAnswer  = ItemClass>text? Sensitivity>Normal,Personal,Private,Confidential? Body>Body? Attachments>Attachments? InternetMessageHeaders>Headers? Sender>OneMailbox? ToRecipients>Mailboxes? CcRecipients>Mailboxes? BccRecipients>Mailboxes? IsReadReceiptRequested>bool? IsDeliveryReceiptRequested>bool? ReferenceItemId>ItemId?
NewItems       = Item>Item|Message>Message|CalendarItem>CalendarItem|Contact>Contact|Task>Task|ReplyToItem>Response|ReplyAllToItem>Response|ForwardItem>Response|DistributionList|PostItem|MeetingMessage|MeetingRequest|MeetingResponse|MeetingCancellation|CancelCalendarItem>Response|RemoveItem|SuppressReadReceipt|PostReplyItem|AcceptItem>MeetingAnswer|DeclineItem>MeetingAnswer|TentativelyAcceptItem>MeetingAnswer+

BaseFolder     = FolderId>FolderId? ParentFolderId>FolderId? FolderClass>text? DisplayName>text? TotalCount>int? ChildFolderCount>int? ExtendedProperty>Property* ManagedFolderInformation? EffectiveRights>Rights? DistinguishedFolderId>text? PolicyTag? ArchiveTag? ReplicaList? PermissionSet? UnreadCount>int?
NewFolders     = Folder>BaseFolder|CalendarFolder>BaseFolder|ContactsFolder>BaseFolder|SearchFolder|TasksFolder>BaseFolder+

Indexing       = @MaxEntriesReturned?:1..2147483647 @Offset:0..2147483647 @BasePoint:Beginning,End
Fractional     = @MaxEntriesReturned?:1..2147483647 @Numerator:0..2147483647 @Denominator:1..2147483647
CalendarView   = @MaxEntriesReturned?:1..2147483647 @StartDate:date @EndDate:date
Constant       = @Value:text
Operand        = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended|Constant>Constant
TwoOperand     = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended FieldURIOrConstant>Operand
OnePath        = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended
Contains       = @ContainmentMode?:FullString,Prefixed,Substring,PrefixOnWords,ExactPhrase @ContainmentComparison?:Exact,IgnoreCase,IgnoreNonSpacingCharacters,Loose,IgnoreCaseAndNonSpacingCharacters,LooseAndIgnoreCase,LooseAndIgnoreNonSpace,LooseAndIgnoreCaseAndIgnoreNonSpace FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended Constant>Constant
Bitmask        = @Value:text
Excludes       = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended Bitmask>Bitmask
Restriction    = And>Searches|Or>Searches|Not>Restriction|Contains>Contains|Excludes>Excludes|Exists>OnePath|IsEqualTo>TwoOperand|IsNotEqualTo>TwoOperand|IsGreaterThan>TwoOperand|IsGreaterThanOrEqualTo>TwoOperand|IsLessThan>TwoOperand|IsLessThanOrEqualTo>TwoOperand|SearchExpression
Searches       = And>Searches|Or>Searches|Not>Restriction|Contains>Contains|Excludes>Excludes|Exists>OnePath|IsEqualTo>TwoOperand|IsNotEqualTo>TwoOperand|IsGreaterThan>TwoOperand|IsGreaterThanOrEqualTo>TwoOperand|IsLessThan>TwoOperand|IsLessThanOrEqualTo>TwoOperand|SearchExpression+
FieldOrder     = @Order:Ascending,Descending FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended
SortOrder      = FieldOrder>FieldOrder+

GetFolder      = m:FolderShape>FolderShape m:FolderIds>FolderIds
FindFolder     = @Traversal:Shallow,Deep,SoftDeleted m:FolderShape>FolderShape m:IndexedPageFolderView>Indexing|m:FractionalPageFolderView>Fractional? m:Restriction>Restriction? m:ParentFolderIds>FolderIds
CreateFolder   = m:ParentFolderId>TargetFolder m:Folders>NewFolders
SetFolder      = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended Folder>BaseFolder|CalendarFolder>BaseFolder|ContactsFolder>BaseFolder|SearchFolder|TasksFolder>BaseFolder
FolderUpdates  = AppendToFolderField>SetFolder|SetFolderField>SetFolder|DeleteFolderField>OnePath+
FolderChange   = FolderId>FolderId|DistinguishedFolderId>Distinguished Updates>FolderUpdates
FolderChanges  = FolderChange>FolderChange+
UpdateFolder   = m:FolderChanges>FolderChanges
DeleteFolder   = @DeleteType:HardDelete,SoftDelete,MoveToDeletedItems m:FolderIds>FolderIds
MoveFolder     = m:ToFolderId>TargetFolder m:FolderIds>FolderIds
MarkAllItemsAsRead = m:ReadFlag>bool m:SuppressReadReceipts>bool m:FolderIds>FolderIds
EmptyFolder    = @DeleteType:HardDelete,SoftDelete,MoveToDeletedItems @DeleteSubFolders:bool m:FolderIds>FolderIds

FindItem       = @Traversal:Shallow,SoftDeleted,Associated m:ItemShape>ItemShape m:IndexedPageItemView>Indexing|m:FractionalPageItemView>Fractional|m:SeekToConditionPageItemView|m:CalendarView>CalendarView|m:ContactsView? m:GroupBy|m:DistinguishedGroupBy? m:Restriction>Restriction? m:SortOrder>SortOrder? m:ParentFolderIds>FolderIds m:QueryString>text?
GetItem        = m:ItemShape>ItemShape m:ItemIds>ItemIds
CreateItem     = @MessageDisposition?:SaveOnly,SendOnly,SendAndSaveCopy @SendMeetingInvitations?:SendToNone,SendOnlyToAll,SendToAllAndSaveCopy m:SavedItemFolderId>TargetFolder? m:Items>NewItems
SetItem        = FieldURI>FieldURI|IndexedFieldURI>Indexed|ExtendedFieldURI>Extended Item>Item|Message>Message|CalendarItem>CalendarItem|Contact>Contact|Task>Task|DistributionList|MeetingMessage|MeetingRequest|MeetingResponse|MeetingCancellation|PostItem
ItemUpdates    = AppendToItemField>SetItem|SetItemField>SetItem|DeleteItemField>OnePath+
ItemChange     = ItemId>ItemId|OccurrenceItemId|RecurringMasterItemId Updates>ItemUpdates
ItemChanges    = ItemChange>ItemChange+
UpdateItem     = @ConflictResolution:NeverOverwrite,AutoResolve,AlwaysOverwrite @MessageDisposition?:SaveOnly,SendOnly,SendAndSaveCopy @SendMeetingInvitationsOrCancellations?:SendToNone,SendOnlyToAll,SendOnlyToChanged,SendToAllAndSaveCopy,SendToChangedAndSaveCopy @SuppressReadReceipts?:bool m:SavedItemFolderId>TargetFolder? m:ItemChanges>ItemChanges
SendItem       = @SaveItemToFolder:bool m:ItemIds>ItemIds m:SavedItemFolderId>TargetFolder?
MoveItem       = m:ToFolderId>TargetFolder m:ItemIds>ItemIds m:ReturnNewItemIds>bool?
CopyItem       = +MoveItem
DeleteItem     = @DeleteType:HardDelete,SoftDelete,MoveToDeletedItems @SendMeetingCancellations?:SendToNone,SendOnlyToAll,SendToAllAndSaveCopy @AffectedTaskOccurrences?:AllOccurrences,SpecifiedOccurrenceOnly @SuppressReadReceipts?:bool m:ItemIds>ItemIds

CreateAttachment = m:ParentItemId>ItemId m:Attachments>Attachments
GetAttachment  = m:AttachmentShape>AttachmentShape? m:AttachmentIds>AttachmentIds
DeleteAttachment = m:AttachmentIds>AttachmentIds

SyncFolderItems = m:ItemShape>ItemShape m:SyncFolderId>TargetFolder m:SyncState>text? m:Ignore? m:MaxChangesReturned>1..512 m:SyncScope>NormalItems,NormalAndAssociatedItems?
SyncFolderHierarchy = m:FolderShape>FolderShape m:SyncFolderId>TargetFolder? m:SyncState>text?

EventTypes     = EventType>CopiedEvent,CreatedEvent,DeletedEvent,ModifiedEvent,MovedEvent,NewMailEvent,FreeBusyChangedEvent+
Streaming      = @SubscribeToAllFolders?:bool FolderIds>FolderIds? EventTypes>EventTypes
Pull           = @SubscribeToAllFolders?:bool FolderIds>FolderIds? EventTypes>EventTypes Watermark>text? Timeout>1..1440
Subscribe      = m:PullSubscriptionRequest>Pull|m:PushSubscriptionRequest|m:StreamingSubscriptionRequest>Streaming
Unsubscribe    = m:SubscriptionId>text
GetEvents      = m:SubscriptionId>text m:Watermark>text
SubscriptionIds = SubscriptionId>text+
GetStreamingEvents = m:SubscriptionIds>SubscriptionIds m:ConnectionTimeout>1..30

ResolveNames   = @ReturnFullContactData:bool @SearchScope?:ActiveDirectory,ActiveDirectoryContacts,Contacts,ContactsActiveDirectory @ContactDataShape?:IdOnly,Default,AllProperties m:ParentFolderIds>FolderIds? m:UnresolvedEntry>text
ExpandDL       = m:Mailbox>Mailbox
PersonaShape   = BaseShape>IdOnly,Default,AllProperties AdditionalProperties>Paths?
FindPeople     = m:PersonaShape>PersonaShape? m:IndexedPageItemView>Indexing m:Restriction>Restriction? m:AggregationRestriction>Restriction? m:SortOrder>SortOrder? m:ParentFolderId>TargetFolder? m:QueryString>text?
GetPersona     = m:PersonaId>ItemId
OofMailbox     = Name>text? Address>text RoutingType>text?
Span           = StartTime>date EndTime>date
Reply          = Message>text?
OofSettings    = OofState>Disabled,Enabled,Scheduled ExternalAudience>None,Known,All Duration>Span? InternalReply>Reply? ExternalReply>Reply?
GetUserOofSettingsRequest = Mailbox>OofMailbox
SetUserOofSettingsRequest = Mailbox>OofMailbox UserOofSettings>OofSettings
GetRoomLists   =
GetRooms       = m:RoomList>Mailbox
ZoneIds        = Id>text*
GetServerTimeZones = @ReturnFullTimeZoneData?:bool m:Ids>ZoneIds?
ConfigurationName = @Name:text FolderId>FolderId|DistinguishedFolderId>Distinguished
UserConfiguration = UserConfigurationName>ConfigurationName ItemId>ItemId? Dictionary? XmlData>base64? BinaryData>base64?
GetUserConfiguration = m:UserConfigurationName>ConfigurationName m:UserConfigurationProperties>text
UpdateUserConfiguration = m:UserConfiguration>UserConfiguration
AlternateId    = @Format:EwsLegacyId,EwsId,EntryId,HexEntryId,StoreId,OwaId @Id:text @Mailbox:text
SourceIds      = AlternateId>AlternateId|AlternatePublicFolderId|AlternatePublicFolderItemId+
ConvertId      = @DestinationFormat:EwsLegacyId,EwsId,EntryId,HexEntryId,StoreId,OwaId m:SourceIds>SourceIds
`
