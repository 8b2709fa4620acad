// Microsoft's own client for Graph against the sandbox: one line of JSON at the
// end says what came of it.
import http from "node:http";
import sdk from "@microsoft/microsoft-graph-client";

const { Client, LargeFileUploadTask, FileUpload, PageIterator, BatchRequestContent, BatchResponseContent } = sdk;
const env = JSON.parse(process.env.GRAPH);
const said = {};

function as(token) {
  return Client.initWithMiddleware({
    baseUrl: env.url + "/",
    defaultVersion: "v1.0",
    customHosts: new Set(["localhost"]),
    authProvider: { getAccessToken: async () => token },
  });
}

const workflow = as(env.workflow);
const jane = as(env.jane);
const app = as(env.app);
const immutable = { Prefer: 'IdType="ImmutableId"' };

async function refusal(promise) {
  try {
    await promise;
  } catch (e) {
    return `${e.statusCode} ${e.code} ${e.requestId ? "with" : "without"} id`;
  }
  return "none";
}

const mail = (subject, to) => ({
  subject,
  body: { contentType: "HTML", content: "<p>Please <b>approve</b>.</p>" },
  toRecipients: [{ emailAddress: { address: to } }],
});

// A draft that is sent, and found again by its id.
const draft = await workflow.api("/me/messages").headers(immutable).post({
  ...mail("Approve PO 42", "jane@contoso.test"),
  internetMessageHeaders: [{ name: "x-wf-task", value: "01J" }],
});
const big = Buffer.alloc(5 * 1024 * 1024, "signoff ");
const session = await LargeFileUploadTask.createUploadSession(workflow, `/me/messages/${draft.id}/attachments/createUploadSession`, {
  AttachmentItem: { attachmentType: "file", name: "plan.bin", size: big.length },
});
const uploaded = await new LargeFileUploadTask(workflow, new FileUpload(big, "plan.bin", big.length), session, { rangeSize: 2 * 1024 * 1024 }).upload();
said.uploaded = uploaded.location.includes("/attachments/");
await workflow.api(`/me/messages/${draft.id}/send`).post({});
const sent = await workflow.api(`/me/messages/${draft.id}`).headers(immutable).select("isDraft,internetMessageId").get();
said.sent = !sent.isDraft && sent.internetMessageId === draft.internetMessageId;

// What arrived, its attachment and its MIME.
const inbox = await jane.api("/me/mailFolders/inbox/messages").filter(`internetMessageId eq '${draft.internetMessageId}'`).expand("attachments($select=name,size)").get();
const got = inbox.value[0];
said.received = `${got.subject} ${got.attachments[0].name} ${got.attachments[0].contentBytes === undefined}`;
const bytes = await jane.api(`/me/messages/${got.id}/attachments/${got.attachments[0].id}/$value`).responseType("arraybuffer").get();
said.content = Buffer.from(bytes).equals(big);
const mime = await jane.api(`/me/messages/${got.id}/$value`).responseType("text").get();
said.mime = /^x-wf-task: 01J/im.test(mime);

// Notifications, and an answer that sets one off.
const heard = [];
let arrived;
const hook = http.createServer((request, response) => {
  const token = new URL(request.url, "http://localhost").searchParams.get("validationToken");
  if (token) {
    response.writeHead(200, { "Content-Type": "text/plain" }).end(token);
    return;
  }
  let text = "";
  request.on("data", (d) => (text += d)).on("end", () => {
    heard.push(...JSON.parse(text).value);
    response.writeHead(202).end();
    arrived?.();
  });
});
await new Promise((done) => hook.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${hook.address().port}/`;
const subscription = await workflow.api("/subscriptions").headers(immutable).post({
  changeType: "created",
  notificationUrl: url,
  lifecycleNotificationUrl: url,
  resource: "/me/mailFolders('inbox')/messages",
  expirationDateTime: new Date(Date.now() + 3600_000).toISOString(),
  clientState: "secret",
});
const notified = new Promise((done) => (arrived = done));
await jane.api(`/me/messages/${got.id}/reply`).post({ comment: "Approve" });
await notified;
const answer = await workflow.api(`/me/messages/${heard[0].resourceData.id}`).headers(immutable).select("subject,conversationId,uniqueBody").get();
said.answer = `${answer.subject} ${heard[0].clientState} ${answer.conversationId === draft.conversationId} ${answer.uniqueBody.content.includes("Approve")}`;
await workflow.api(`/subscriptions/${subscription.id}`).delete();
hook.close();

// Pages, delta, folders.
for (let i = 0; i < 7; i++) await workflow.api("/me/sendMail").post({ message: mail(`page ${i}`, "jane@contoso.test"), saveToSentItems: false });
const subjects = [];
const first = await jane.api("/me/messages").select("subject").top(3).filter("startswith(subject,'page')").get();
await new PageIterator(jane, first, (m) => subjects.push(m.subject)).iterate();
said.pages = subjects.sort().join(",");
let delta = await jane.api("/me/mailFolders/inbox/messages/delta").headers({ Prefer: "odata.maxpagesize=3" }).select("subject").get();
let seen = delta.value.length;
while (delta["@odata.nextLink"]) {
  delta = await jane.api(delta["@odata.nextLink"]).get();
  seen += delta.value.length;
}
said.delta = seen;
const folder = await jane.api("/me/mailFolders/inbox/childFolders").post({ displayName: "Approvals" });
const moved = await jane.api(`/me/messages/${got.id}/move`).post({ destinationId: folder.id });
said.moved = moved.id !== got.id && moved.parentFolderId === folder.id;
const after = await jane.api(delta["@odata.deltaLink"]).get();
said.removed = after.value.map((m) => m["@removed"]?.reason).join();
said.gone = await refusal(jane.api(`/me/messages/${got.id}`).get());

// A batch over directory and mail.
const batch = new BatchRequestContent([
  { id: "1", request: new Request("https://graph.microsoft.com/me?$select=mail", { method: "GET" }) },
  { id: "2", request: new Request("https://graph.microsoft.com/me/mailFolders/inbox", { method: "GET" }) },
  { id: "3", request: new Request("https://graph.microsoft.com/me/messages/nonsense", { method: "GET" }) },
]);
const answers = new BatchResponseContent(await jane.api("/$batch").post(await batch.getContent()));
said.batch = ["1", "2", "3"].map((id) => answers.getResponseById(id).status).join();
said.me = (await answers.getResponseById("1").json()).mail;

// Calendar: an invitation that is answered.
const at = (hour) => ({ dateTime: `2027-03-01T${hour}:00:00`, timeZone: "W. Europe Standard Time" });
const event = await workflow.api("/me/events").post({ subject: "Review", start: at("09"), end: at("10"), attendees: [{ emailAddress: { address: "jane@contoso.test" }, type: "required" }] });
const view = await jane.api("/me/calendarView").query({ startDateTime: "2027-03-01T00:00:00Z", endDateTime: "2027-03-02T00:00:00Z" }).get();
await jane.api(`/me/events/${view.value[0].id}/accept`).post({ comment: "Gladly", sendResponse: true });
said.meeting = (await workflow.api(`/me/events/${event.id}`).get()).attendees[0].status.response;
const busy = await workflow.api("/me/calendar/getSchedule").post({ schedules: ["jane@contoso.test"], startTime: at("08"), endTime: at("11"), availabilityViewInterval: 60 });
said.busy = busy.value[0].availabilityView;

// The rest of a mailbox.
await jane.api("/me/mailboxSettings").update({ automaticRepliesSetting: { status: "alwaysEnabled", internalReplyMessage: "Away" } });
said.oof = (await jane.api("/me/mailboxSettings/automaticRepliesSetting").get()).status;
const lists = await jane.api("/me/todo/lists").get();
const task = await jane.api(`/me/todo/lists/${lists.value[0].id}/tasks`).post({ title: "Pay", dueDateTime: at("12") });
said.task = (await jane.api(`/me/todo/lists/${lists.value[0].id}/tasks/${task.id}`).update({ status: "completed" })).completedDateTime !== null;
said.contact = (await jane.api("/me/contacts").post({ givenName: "Carla", emailAddresses: [{ address: "carla@fabrikam.test" }] })).displayName;
said.rooms = (await jane.api("/places/microsoft.graph.room").get()).value.length;

// Refusals, in the form that the client reads.
said.appOther = await refusal(app.api("/users/jane@contoso.test/messages").get());
said.appOwn = (await app.api("/users/workflow@contoso.test/messages").top(1).get()).value.length;
said.nowhere = await refusal(jane.api("/me/mesages").get());
said.method = await refusal(jane.api("/me/sendMail").get());
said.token = await refusal(as("nonsense").api("/me").get());

// The client waits as it is told, and comes again.
await fetch(env.control + "faults/throttled", { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ mailbox: "jane", value: "1", times: 1 }) });
const before = Date.now();
await jane.api("/me/messages").top(1).get();
said.waited = Date.now() - before >= 900;

console.log(JSON.stringify(said));
