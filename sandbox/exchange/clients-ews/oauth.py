"""Gets tokens of the sandbox's Entra ID with exchangelib's own OAuth, works
with them over EWS, and prints what it saw as one JSON object: as an application
that impersonates, as one with a mailbox in its scope only, and as a person."""

import json
import os
import time

from exchangelib import (
    DELEGATE, IMPERSONATION, OAUTH2, Account, Configuration, Identity, Mailbox, Message, OAuth2Credentials, OAuth2LegacyCredentials,
)
from exchangelib.protocol import BaseProtocol

BaseProtocol.USERAGENT = "signoff-tests/1.0"
firm = json.loads(os.environ["FIRM"])
token_url = firm["authority"] + "/oauth2/v2.0/token"


class Application(OAuth2Credentials):
    token_url = token_url


class Person(OAuth2LegacyCredentials):
    token_url = token_url


def account(credentials, address, access):
    config = Configuration(service_endpoint=firm["ews"], auth_type=OAUTH2, credentials=credentials, max_connections=1)
    return Account(primary_smtp_address=address, config=config, autodiscover=False, access_type=access)


def application(which, address):
    credentials = Application(client_id=firm[which]["clientId"], client_secret=firm[which]["secret"], tenant_id="contoso.test",
                              identity=Identity(primary_smtp_address=address))
    return account(credentials, address, IMPERSONATION)


def refusal(do):
    try:
        do()
        return "accepted"
    except Exception as e:
        return type(e).__name__ + " " + str(e)


said = {}
begun = time.time()
app = application("mail", "workflow@contoso.test")
Message(account=app, folder=app.sent, subject="As the workflow", body="x", to_recipients=[Mailbox(email_address="jane@contoso.test")]).send_and_save()
said["copies"] = app.sent.filter(subject="As the workflow").count()

jane = account(Person(username="jane@contoso.test", password="signoff", client_id=firm["mail"]["clientId"], client_secret=firm["mail"]["secret"],
                      tenant_id="contoso.test"), "jane@contoso.test", DELEGATE)
said["received"] = [m.sender.email_address for m in jane.inbox.filter(subject="As the workflow")]
said["stranger"] = refusal(lambda: list(account(jane.protocol.credentials, "bob@contoso.test", DELEGATE).inbox.all()))
said["person"] = refusal(lambda: account(jane.protocol.credentials, "bob@contoso.test", IMPERSONATION).inbox.name)

said["scoped"] = application("scoped", "workflow@contoso.test").inbox.name
said["outside"] = refusal(lambda: application("scoped", "jane@contoso.test").inbox.name)
said["took"] = time.time() - begun
print(json.dumps(said))
