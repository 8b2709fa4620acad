// Does with ews-javascript-api what a program does that sends and reads mail,
// and prints what it saw as one JSON object.
import ews from "ews-javascript-api";

const {
  ExchangeService, ExchangeVersion, OAuthCredentials, Uri, EmailMessage, MessageBody, BodyType, Folder, FolderView, WellKnownFolderName,
  ItemView, ItemId, PropertySet, BasePropertySet, SearchFilter, EmailMessageSchema, ItemSchema, ExtendedPropertyDefinition, MapiPropertyType,
  Guid, DeleteMode, ConflictResolutionMode, EventType, FolderId, Appointment, SendInvitationsMode, DateTime, Contact, Task, ConnectingIdType,
  ImpersonatedUserId, OofSettings, OofState, ResolveNameSearchLocation, SyncFolderItemsScope, FileAttachment, CalendarView, Mailbox,
} = ews;

const url = process.env.EWS_URL;
const said = {};

function service(token) {
  const s = new ExchangeService(ExchangeVersion.Exchange2013);
  s.Credentials = new OAuthCredentials(token);
  s.Url = new Uri(url);
  return s;
}

async function refusal(promise) {
  try {
    await promise;
    return "accepted";
  } catch (e) {
    return String(e?.ErrorCode ?? "") + " " + (e?.message ?? e?.Message ?? e);
  }
}

const jane = service("u.jane.x");

const inbox = await Folder.Bind(jane, WellKnownFolderName.Inbox);
said.inbox = inbox.DisplayName;
said.version = jane.ServerInfo?.MajorVersion;

const correlation = new ExtendedPropertyDefinition(new Guid("5b1a6a5e-0000-4000-8000-000000000001"), "wfCorrelation", MapiPropertyType.String);
const mail = new EmailMessage(jane);
mail.Subject = "From JavaScript";
// This client leaves escaping to its caller, as Exchange would tell it.
mail.Body = new MessageBody(BodyType.HTML, "&lt;p&gt;Please &lt;b&gt;approve&lt;/b&gt;&lt;/p&gt;");
mail.ToRecipients.Add("bob@contoso.test");
mail.SetExtendedProperty(correlation, "task 42");
await mail.Save(WellKnownFolderName.Drafts);
said.draft = mail.Id.UniqueId.length;
mail.Attachments.AddFileAttachment("po.txt", Buffer.from("forty-two").toString("base64"));
await mail.Update(ConflictResolutionMode.AutoResolve);
await mail.SendAndSaveCopy();
said.draftGone = await refusal(EmailMessage.Bind(jane, mail.Id));

const view = new ItemView(10);
view.PropertySet = new PropertySet(BasePropertySet.IdOnly, ItemSchema.Subject, EmailMessageSchema.InternetMessageId, correlation);
const sent = await jane.FindItems(WellKnownFolderName.SentItems, new SearchFilter.IsEqualTo(correlation, "task 42"), view);
said.sent = sent.Items.map((i) => i.Subject);

const bob = service("u.bob.x");
const got = await bob.FindItems(WellKnownFolderName.Inbox, new SearchFilter.ContainsSubstring(ItemSchema.Subject, "javascript"), new ItemView(10));
const letter = await EmailMessage.Bind(bob, got.Items[0].Id);
said.from = letter.From.Address;
said.body = letter.Body.Text.includes("approve");
said.attachments = letter.Attachments.Items.map((a) => a.Name);
await letter.Attachments.Items[0].Load();
said.content = Buffer.from(letter.Attachments.Items[0].Base64Content ?? letter.Attachments.Items[0].Content, "base64").toString();
await letter.Reply(new MessageBody(BodyType.Text, "Approve"), false);
letter.IsRead = true;
await letter.Update(ConflictResolutionMode.AutoResolve);

const answers = await jane.FindItems(WellKnownFolderName.Inbox, new SearchFilter.IsEqualTo(ItemSchema.Subject, "RE: From JavaScript"), new ItemView(10));
said.answers = answers.TotalCount;
const answer = await EmailMessage.Bind(jane, answers.Items[0].Id, new PropertySet(BasePropertySet.FirstClassProperties, ItemSchema.UniqueBody, ItemSchema.MimeContent));
said.unique = answer.UniqueBody.Text.includes("Approve") && !answer.UniqueBody.Text.includes("approve</b>");
said.mime = Buffer.from(answer.MimeContent.Content, "base64").toString().includes("In-Reply-To");

const folder = new Folder(jane);
folder.DisplayName = "Approvals";
await folder.Save(WellKnownFolderName.Inbox);
const found = await jane.FindFolders(WellKnownFolderName.Inbox, new FolderView(10));
said.folders = found.Folders.map((f) => f.DisplayName);
const old = answer.Id;
const moved = await answer.Move(folder.Id);
said.moved = moved.Id.UniqueId !== old.UniqueId;
said.oldId = await refusal(EmailMessage.Bind(jane, old));

const changes = await jane.SyncFolderItems(folder.Id, PropertySet.IdOnly, null, 100, SyncFolderItemsScope.NormalItems, null);
said.changes = changes.Count;
const rest = await jane.SyncFolderItems(folder.Id, PropertySet.IdOnly, null, 100, SyncFolderItemsScope.NormalItems, changes.SyncState);
said.nothingNew = rest.Count;

const pull = await jane.SubscribeToPullNotifications([new FolderId(WellKnownFolderName.Inbox)], 30, null, EventType.NewMail, EventType.Created);
const second = new EmailMessage(bob);
second.Subject = "Pull me";
second.ToRecipients.Add("jane@contoso.test");
await second.Send();
const events = await pull.GetEvents();
said.events = [...events.ItemEvents].map((e) => EventType[e.EventType]);
await pull.Unsubscribe();

const names = await jane.ResolveName("bo", ResolveNameSearchLocation.DirectoryOnly, true);
said.names = names.GetEnumerator().map((n) => n.Mailbox.Address);

await moved.Delete(DeleteMode.HardDelete);

const meeting = new Appointment(jane);
meeting.Subject = "Review";
meeting.Start = new DateTime("2026-12-01T09:00:00Z");
meeting.End = new DateTime("2026-12-01T10:00:00Z");
meeting.RequiredAttendees.Add("bob@contoso.test");
await meeting.Save(SendInvitationsMode.SendToAllAndSaveCopy);
const week = await jane.FindAppointments(WellKnownFolderName.Calendar, new CalendarView(new DateTime("2026-11-30T00:00:00Z"), new DateTime("2026-12-05T00:00:00Z")));
said.week = week.Items.map((a) => a.Subject);

const task = new Task(jane);
task.Subject = "Pay the invoice";
await task.Save();
const contact = new Contact(jane);
contact.GivenName = "Carla";
contact.Surname = "Supplier";
await contact.Save();
const cards = await jane.FindItems(WellKnownFolderName.Contacts, new ItemView(5));
said.contacts = cards.Items.map((c) => c.DisplayName);

const oof = new OofSettings();
oof.State = OofState.Enabled;
oof.InternalReply = new ews.OofReply("Away until Monday");
oof.ExternalReply = new ews.OofReply("Away");
await bob.SetUserOofSettings("bob@contoso.test", oof);
const now = await bob.GetUserOofSettings("bob@contoso.test");
said.oof = [OofState[now.State], now.InternalReply.Message];

const lists = await jane.GetRoomLists();
said.roomLists = lists.Items ? lists.Items.length : lists.Count;

const app = service("a.daemon.x");
app.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, "jane@contoso.test");
said.impersonated = (await Folder.Bind(app, WellKnownFolderName.Inbox)).UnreadCount >= 0;
jane.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, "bob@contoso.test");
said.denied = await refusal(Folder.Bind(jane, WellKnownFolderName.Inbox));

console.log(JSON.stringify(said));
process.exit(0);
