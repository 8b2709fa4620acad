"""Signs in to an Exchange Server with exchangelib, by NTLM and by Basic, at an
address that Autodiscover finds, and prints what it saw as one JSON object. The
names of the firm lead to the server under test."""

import json
import os
import time
from urllib.parse import urlsplit, urlunsplit

import requests.adapters
from exchangelib import BASIC, DELEGATE, NTLM, Account, Configuration, Credentials
from exchangelib.autodiscover.cache import autodiscover_cache
from exchangelib.autodiscover.discovery.base import BaseAutodiscovery
from exchangelib.autodiscover.discovery.pox import discover as discover_pox
from exchangelib.autodiscover.discovery.soap import SoapAutodiscovery
from exchangelib.protocol import BaseProtocol

server = urlsplit(os.environ["EWS_URL"])
seen = []


class Rooted(requests.adapters.HTTPAdapter):
    """Takes contoso.test and everything below it to the server under test."""

    def send(self, request, **kwargs):
        url = urlsplit(request.url)
        seen.append(url.scheme + "://" + url.netloc + url.path)
        if url.hostname == "contoso.test":
            raise requests.exceptions.ConnectionError("nobody answers there")
        request.url = urlunsplit((server.scheme, server.netloc, url.path, url.query, ""))
        return super().send(request, **kwargs)


BaseProtocol.HTTP_ADAPTER_CLS = Rooted
BaseProtocol.USERAGENT = "signoff-tests/1.0"
BaseAutodiscovery._ensure_valid_hostname = lambda self, url: None
BaseAutodiscovery._get_srv_records = lambda self, hostname: []


def refusal(do):
    try:
        do()
        return "accepted"
    except Exception as e:
        return type(e).__name__ + " " + str(e)


said = {}
begun = time.time()


def account(auth, user, password="signoff"):
    config = Configuration(service_endpoint="https://mail.contoso.test/EWS/Exchange.asmx", auth_type=auth, credentials=Credentials(user, password), max_connections=1)
    return Account(primary_smtp_address="jane@contoso.test", config=config, autodiscover=False, access_type=DELEGATE)


ntlm = account(NTLM, "CONTOSO\\jane")
said["ntlm"] = ntlm.inbox.name
said["version"] = f"{ntlm.version.build.major_version}.{ntlm.version.build.minor_version}"
said["basic"] = account(BASIC, "jane@contoso.test").inbox.name
said["wrong"] = refusal(lambda: account(NTLM, "CONTOSO\\jane", "wrong").inbox.name)

seen.clear()
found, protocol = SoapAutodiscovery(email="jane@contoso.test", credentials=Credentials("CONTOSO\\jane", "signoff")).discover()
said["soap"] = found.ews_url
said["tried"] = seen[0]
autodiscover_cache.clear()
found, protocol = discover_pox("jane@contoso.test", credentials=Credentials("CONTOSO\\jane", "signoff"))
said["pox"] = found.protocol.ews_url
said["nobody"] = refusal(lambda: SoapAutodiscovery(email="nobody@contoso.test", credentials=Credentials("CONTOSO\\jane", "signoff")).discover())

said["took"] = time.time() - begun
print(json.dumps(said))
