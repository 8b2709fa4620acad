"""Does with exchangelib what a program does that sends and reads mail, and
prints what it saw as one JSON object."""

import json
import os
import threading
import time
from datetime import timedelta

from exchangelib import (
    DELEGATE, IMPERSONATION, OAUTH2, Account, Body, CalendarItem, Configuration, Contact, EWSDateTime, EWSTimeZone, ExtendedProperty,
    FileAttachment, Folder, HTMLBody, Identity, ItemAttachment, Mailbox, Message, OAuth2AuthorizationCodeCredentials, OofSettings, Q, Task,
)
from exchangelib.credentials import OAuth2AuthorizationCodeCredentials as Credentials
from exchangelib.protocol import BaseProtocol
from oauthlib.oauth2 import OAuth2Token

BaseProtocol.USERAGENT = "signoff-tests/1.0"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback, in a test
url = os.environ["EWS_URL"]
UTC = EWSTimeZone("UTC")


class Correlation(ExtendedProperty):
    property_set_id = "5b1a6a5e-0000-4000-8000-000000000001"
    property_name = "wfCorrelation"
    property_type = "String"


class TaskHeader(ExtendedProperty):
    distinguished_property_set_id = "InternetHeaders"
    property_name = "X-WF-Task"
    property_type = "String"


Message.register("correlation", Correlation)
Message.register("task_header", TaskHeader)


def account(token, address, access=DELEGATE):
    credentials = Credentials(access_token=OAuth2Token({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "expires_at": time.time() + 3600}))
    config = Configuration(service_endpoint=url, auth_type=OAUTH2, credentials=credentials, max_connections=4)
    return Account(primary_smtp_address=address, config=config, autodiscover=False, access_type=access, default_timezone=UTC)


def refusal(do):
    try:
        do()
        return "accepted"
    except Exception as e:
        return type(e).__name__ + " " + str(e)


said = {}
begun = time.time()
jane = account("u.jane.x", "jane@contoso.test")
bob = account("u.bob.x", "bob@contoso.test")
said["inbox"] = jane.inbox.name
said["version"] = f"{jane.version.build.major_version}.{jane.version.build.minor_version}"

mail = Message(account=jane, folder=jane.drafts, subject="From Python", body=HTMLBody("<p>Please <b>approve</b></p>"),
               to_recipients=[Mailbox(email_address="bob@contoso.test")], correlation="task 42", task_header="42")
mail.save()
said["draft"] = bool(mail.id and mail.changekey)
mail.attach(FileAttachment(name="po.txt", content=b"forty-two"))
old = mail.id
mail.send()
said["gone"] = type(jane.drafts.get(id=old)).__name__  # get returns what fetch could not find
copies = list(jane.sent.filter(correlation="task 42"))
said["sent"] = len(copies)
said["correlation"] = copies[0].correlation

letters = list(bob.inbox.filter(subject__icontains="python").order_by("-datetime_received"))
said["received"] = len(letters)
letter = letters[0]
said["content"] = letter.attachments[0].content.decode()
said["headers"] = any(h.name.lower() == "x-wf-task" and h.value == "42" for h in letter.headers or [])
letter.is_read = True
letter.save(update_fields=["is_read"])
said["read"] = bob.inbox.get(id=letter.id).is_read
letter.reply(subject="RE: From Python", body=Body("Approve"))
said["answers"] = jane.inbox.filter(subject="RE: From Python").count()

letter = bob.inbox.get(subject="From Python")  # an answer changes what it answers
draft = letter.create_reply_all(subject="RE: From Python", body=Body("To all")).save(bob.drafts)
said["replyDraft"] = bool(draft.id)
letter = bob.inbox.get(subject="From Python")
letter.forward(subject="FW: From Python", body="See below", to_recipients=["ana@contoso.test"])
said["forwarded"] = account("u.ana.x", "ana@contoso.test").inbox.get(subject="FW: From Python").attachments[0].name
letter = bob.inbox.get(subject="From Python")
said["mime"] = b"X-WF-Task: 42" in letter.mime_content or b"X-Wf-Task: 42" in letter.mime_content
carrier = Message(account=bob, folder=bob.drafts, subject="With a mail inside")
carrier.attach(ItemAttachment(name="inside", item=Message(subject="Inner", body="Inner body", account=bob)))
carrier.save()
said["inner"] = bob.drafts.get(subject="With a mail inside").attachments[0].item.subject

folder = Folder(parent=bob.inbox, name="Approvals")
folder.save()
before = letter.id
letter.move(folder)
said["moved"] = before != letter.id and folder.all().count() == 1

changes = list(folder.sync_items())
said["created"] = sum(1 for kind, _ in changes if kind == "create")
letter.refresh()
letter.is_read = False
letter.save(update_fields=["is_read"])
said["reads"] = sum(1 for kind, _ in folder.sync_items() if kind == "read_flag_change")
said["hierarchy"] = any(kind == "create" and f.name == "Approvals" for kind, f in bob.inbox.sync_hierarchy())

with jane.inbox.pull_subscription() as (subscription, watermark):
    Message(account=bob, subject="Pull me", body="x", to_recipients=["jane@contoso.test"]).send()
    events = [type(e).__name__ for n in jane.inbox.get_events(subscription, watermark) for e in n.events]
    said["notified"] = "NewMailEvent" in events

with jane.inbox.streaming_subscription() as subscription:
    def later():
        time.sleep(0.3)
        Message(account=bob, subject="Stream me", body="x", to_recipients=["jane@contoso.test"]).send()

    threading.Thread(target=later).start()
    for n in jane.inbox.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=1):
        said["streamed"] = any(type(e).__name__ in ("NewMailEvent", "CreatedEvent") for e in n.events)
        break

bob.oof_settings = OofSettings(state="Scheduled", external_audience="Known", internal_reply="Away", external_reply="Away",
                               start=EWSDateTime(2030, 1, 1, tzinfo=UTC), end=EWSDateTime(2030, 1, 8, tzinfo=UTC))
said["scheduled"] = str(bob.oof_settings.end)
bob.oof_settings = OofSettings(state="Enabled", external_audience="All", internal_reply="Away", external_reply="Away")
said["oof"] = bob.oof_settings.state
said["names"] = [m.email_address for m in jane.protocol.resolve_names(["bob@contoso.test"])]
said["people"] = [p.email_address.email_address for p in jane.contacts.people().filter(display_name="Bob Stone")]

start = EWSDateTime(2026, 12, 1, 9, tzinfo=UTC)
meeting = CalendarItem(account=jane, folder=jane.calendar, subject="Review", start=start, end=start + timedelta(hours=1), required_attendees=["bob@contoso.test"])
meeting.save(send_meeting_invitations="SendToAllAndSaveCopy")
said["meeting"] = [e.subject for e in jane.calendar.view(start=start - timedelta(days=1), end=start + timedelta(days=1))]
meeting.location = "Room 1"
meeting.save(update_fields=["location"], send_meeting_invitations="SendToNone")
said["where"] = [e.location for e in jane.calendar.view(start=start - timedelta(days=1), end=start + timedelta(days=1))]
said["invited"] = bob.inbox.filter(subject="Review").count()
meeting.delete(send_meeting_cancellations="SendToNone")
said["cancelled"] = jane.calendar.view(start=start - timedelta(days=1), end=start + timedelta(days=1)).count()
todo = Task(account=jane, folder=jane.tasks, subject="Pay the invoice")
todo.save()
todo.complete()
said["complete"] = jane.tasks.get(subject="Pay the invoice").is_complete
said["task"] = [t.subject for t in jane.tasks.all()]
Contact(account=jane, folder=jane.contacts, given_name="Carla", surname="Supplier", display_name="Carla Supplier").save()
said["contact"] = [c.display_name for c in jane.contacts.all()]
jane.contacts.get(display_name="Carla Supplier").delete()
said["contacts"] = jane.contacts.all().count()
lists = list(jane.protocol.get_roomlists())
said["roomLists"] = len(lists)
said["rooms"] = sum(len(list(jane.protocol.get_rooms(x.email_address))) for x in lists)
categories = jane.calendar.get_user_configuration(name="CategoryList")
said["categories"] = b'name="Blue category"' in categories.xml_data
jane.calendar.update_user_configuration(name="CategoryList", xml_data=categories.xml_data.replace(b"Blue category", b"Urgent"))
said["renamed"] = b'name="Urgent"' in jane.calendar.get_user_configuration(name="CategoryList").xml_data

jane.bulk_create(folder=jane.drafts, items=[Message(account=jane, folder=jane.drafts, subject=f"Bulk {i}") for i in range(5)])
said["bulk"] = jane.drafts.filter(subject__startswith="Bulk").count()
query = jane.drafts.filter(Q(subject__startswith="Bulk") & ~Q(subject="Other")).order_by("subject")
query.page_size = 2
said["paged"] = len([m.subject for m in query])

app = Account(primary_smtp_address="jane@contoso.test", autodiscover=False, access_type=IMPERSONATION, default_timezone=UTC,
              config=Configuration(service_endpoint=url, auth_type=OAUTH2, max_connections=1, credentials=Credentials(
                  access_token=OAuth2Token({"access_token": "a.daemon.x", "token_type": "Bearer", "expires_at": time.time() + 3600}),
                  identity=Identity(primary_smtp_address="jane@contoso.test"))))
said["impersonated"] = app.inbox.name
thief = Account(primary_smtp_address="bob@contoso.test", autodiscover=False, access_type=IMPERSONATION, default_timezone=UTC,
                config=Configuration(service_endpoint=url, auth_type=OAUTH2, max_connections=1, credentials=Credentials(
                    access_token=OAuth2Token({"access_token": "u.ana.x", "token_type": "Bearer", "expires_at": time.time() + 3600}))))
said["denied"] = refusal(lambda: thief.inbox.name)
box = Folder(parent=bob.msg_folder_root, name="Elsewhere")
box.save()
folder.move(box)
said["folderMoved"] = any(f.name == "Approvals" for f in box.children)
box.delete()
other = account("u.jane.x", "ana@contoso.test")
said["stranger"] = refusal(lambda: list(other.inbox.all()))

said["took"] = time.time() - begun
print(json.dumps(said))
