"""Made-up secrets in the forms in which logs, alerts and configurations show them, by kind.

Each is a line, and the part of it that must never be seen again. None of them opens anything.
"""

import base64
import html
import json
import random
import string
import urllib.parse

_DICE = random.Random(1115)


def _letters(count: int) -> str:
    return "".join(_DICE.choices(string.ascii_letters + string.digits, k=count))


def _small(count: int) -> str:
    return "".join(_DICE.choices(string.ascii_lowercase + "234567", k=count))


def _hex(count: int) -> str:
    return "".join(_DICE.choices("0123456789abcdef", k=count))


def _key(size: int) -> str:
    """Return random bytes in base64 of which both alphabets differ."""
    while True:
        key = base64.b64encode(_DICE.randbytes(size)).decode()
        if "+" in key[4:30] and "/" in key[4:30]:
            return key


def _jwt() -> str:
    parts = (b'{"alg":"RS256","typ":"JWT"}', b'{"sub":"bob","exp":1763000000}', _DICE.randbytes(48))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _escaped(text: str) -> str:
    """Return a text as .NET writes it in JSON."""
    return text.replace("&", "\\u0026").replace("+", "\\u002B").replace("'", "\\u0027")


def _encoded(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


JWT = _jwt()
KEY = _key(32)
LONG_KEY = _key(64)
URL_KEY = _key(32).replace("+", "-").replace("/", "_")
SIG = _encoded(_key(32))
HOST_KEY = f"{_letters(44)}AzFu{_letters(6)}=="
PASSWORD = "Tr0ub4dor&3"
BLOB = f"https://logs.blob.core.windows.net/c/b?sv=2024-11-04&se=2026-01-01&sr=b&sp=r&sig={SIG}"
FLOW = f"/workflows/{_hex(32)}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={_letters(43)}"
WRAPPED = base64.b64encode(f"Endpoint=https://x;AccessKey={KEY};".encode()).decode()
PEM_BODY = "MIIEvQ" + _letters(58)

SECRETS: dict[str, dict[str, tuple[str, str]]] = {
    "escaped and encoded": {
        "a signature in JSON of .NET": (_escaped(f'{{"url":"{BLOB}"}}'), SIG),
        "a signature in JSON in JSON": (json.dumps(_escaped(f'{{"url":"{BLOB}"}}')), SIG),
        "a code in JSON of .NET": (
            _escaped(f'"https://f.azurewebsites.net/api/x?a=1&code={HOST_KEY}"'),
            HOST_KEY,
        ),
        "a token in JSON of .NET": (_escaped(f"wss://x/client?hub=h&access_token={JWT}"), JWT[-40:]),
        "a key with a plus in JSON of .NET": (_escaped(f"AccountKey={LONG_KEY};"), _escaped(LONG_KEY)),
        "a signature encoded once": (_encoded(BLOB), _encoded(SIG)),
        "a signature encoded twice": (_encoded(_encoded(BLOB)), _encoded(_encoded(SIG))),
        "a signature in HTML": (html.escape(BLOB), SIG),
        "a signature in HTML with numbers": (BLOB.replace("&", "&#38;"), SIG),
        "a signature in HTML with hexadecimal numbers": (BLOB.replace("&", "&#x26;"), SIG),
        "a signature after an encoded equals sign": (BLOB.replace("sig=", "sig%3d"), SIG),
        "a password in JSON with escapes": (r'{"password":"hun\"ter2secret"}', "ter2secret"),
        "a password in JSON in JSON": (json.dumps(json.dumps({"password": 'hun"ter2secret'})), "ter2secret"),
        "a password with letters by number": (r"pass\u0077ord=hunter2", "hunter2"),
        "a password with letters in hexadecimal": (r"pass\x77ord=hunter2", "hunter2"),
        "an encoded password": ("p%61ssword=hunter2&x=1", "hunter2"),
        "an encoded ampersand in a password": ("user=sa&password=Tr0ub4dor%263&x=1", "%263"),
        "an encoded connection string": (
            _encoded(f"Endpoint=https://x;AccessKey={KEY};Version=1.0"),
            _encoded(KEY),
        ),
        "a key in base64": (WRAPPED, WRAPPED[20:60]),
        "a token in base64": (
            base64.b64encode(JWT.encode()).decode(),
            base64.b64encode(JWT.encode()).decode()[:40],
        ),
        "a header in JSON with escaped quotes": (
            r"{\"Authorization\":\"Bearer abc123def456ghi\"}",
            "abc123def456ghi",
        ),
        "a signature with slashes escaped": (json.dumps(BLOB).replace("/", "\\/"), SIG),
    },
    "invisible and foreign letters": {
        "a zero-width space in the name": ("pass\u200bword=hunter2", "hunter2"),
        "a zero-width joiner in the name": ("pass\u200dword=hunter2", "hunter2"),
        "a word joiner in the name": ("acc\u2060essToken=r3c0nn3ct", "r3c0nn3ct"),
        "a soft hyphen in the name": ("pass\u00adword=hunter2", "hunter2"),
        "a byte order mark in the name": ("pass\ufeffword=hunter2", "hunter2"),
        "a variation selector in the name": ("pass\ufe0fword=hunter2", "hunter2"),
        "a filler of Hangul in the name": ("pass\u3164word=hunter2", "hunter2"),
        "a filler of a syllable in the name": ("pass\u115fword=hunter2", "hunter2"),
        "half a filler of Hangul in the name": ("pass\uffa0word=hunter2", "hunter2"),
        "a Mongolian selector in the name": ("pass\u180bword=hunter2", "hunter2"),
        "a direction mark in the name": ("pass\u202eword=hunter2", "hunter2"),
        "a combining mark in the name": ("pa\u0301ssword=hunter2", "hunter2"),
        "a Cyrillic letter in the name": ("p\u0430ssword=hunter2", "hunter2"),
        "a Greek letter in the name": ("passw\u03bfrd=hunter2", "hunter2"),
        "wide letters": (_wide("password=hunter2"), _wide("hunter2")),
        "mathematical letters": (
            "\U0001d429\U0001d41a\U0001d42c\U0001d42c\U0001d430\U0001d428\U0001d42b\U0001d41d=hunter2",
            "hunter2",
        ),
        "a zero-width space in the value": (
            f"AccountKey={LONG_KEY[:40]}\u200b{LONG_KEY[40:]}",
            LONG_KEY[45:80],
        ),
        "a zero-width space in a token": (f"{JWT[:30]}\u200b{JWT[30:]}", JWT[60:]),
        "an escape sequence in the name": ("pass\x1b[0mword=hunter2", "hunter2"),
        "a backspace in the name": ("pass\x08word=hunter2", "hunter2"),
        "a no-break space before the value": ("password:\u00a0hunter2", "hunter2"),
        "curly quotation marks": ("password: \u201chunter2\u201d", "hunter2"),
        "a wide equals sign": ("password\uff1dhunter2", "hunter2"),
        "a zero-width space in a start": (f"gh\u200bp_{_letters(36)}", "p_"),
    },
    "keys": {
        "unpadded": (f"key rotated to {KEY.rstrip('=')}", KEY.rstrip("=")),
        "for addresses": (f"key rotated to {URL_KEY}", URL_KEY),
        "for addresses, unpadded": (f"key rotated to {URL_KEY.rstrip('=')} at 02:10", URL_KEY.rstrip("=")),
        "long, unpadded": (f"now {LONG_KEY.rstrip('=')}", LONG_KEY.rstrip("=")),
        "long, for addresses": (
            f"now {LONG_KEY.replace('+', '-').replace('/', '_')}",
            LONG_KEY.replace("+", "-").replace("/", "_"),
        ),
        "in quotation marks": (f'"{KEY}"', KEY),
        "in an array": (f'["{KEY}","{LONG_KEY}"]', LONG_KEY),
        "split over lines": (f"AccountKey={LONG_KEY[:44]}\n  {LONG_KEY[44:]}", LONG_KEY[44:80]),
        "split over three lines": (
            f"AccountKey={LONG_KEY[:30]}\r\n{LONG_KEY[30:60]}\r\n{LONG_KEY[60:]}",
            LONG_KEY[60:86],
        ),
        "split in JSON": (json.dumps(f"AccountKey={LONG_KEY[:44]}\n{LONG_KEY[44:]}"), LONG_KEY[44:80]),
        "split in code": (f'"AccountKey={LONG_KEY[:44]}" +\n    "{LONG_KEY[44:]}"', LONG_KEY[44:80]),
        "bare and split": (f"rotated to {KEY[:22]}\n{KEY[22:]}", KEY[22:43]),
        "a token split over lines": (f"access_token={JWT[:70]}\n  {JWT[70:]}", JWT[75:110]),
        "of Web PubSub": (f"primary {_letters(52)}JQQJ99BAACYeBjFXJ3w3AAAAAWPSaBcD", "JQQJ99BAAC"),
        "of AI Search": (f"admin {_letters(42)}AzSeA{_letters(5)}", "AzSeA"),
        "of a Functions host": (f"master {HOST_KEY}", HOST_KEY),
        "of Cosmos": (f"AccountEndpoint=https://x.documents.azure.com:443/;AccountKey={LONG_KEY};", LONG_KEY),
        "of a cache": (f"x.redis.cache.windows.net:6380,password={KEY},ssl=True,abortConnect=False", KEY),
        "of IoT": (f"HostName=x.azure-devices.net;SharedAccessKeyName=o;SharedAccessKey={KEY}", KEY),
        "of a subscription": (f"Ocp-Apim-Subscription-Key: {_hex(28)}beef", "beef"),
        "in hexadecimal digits": (f"api_key={'c0ffee' + _hex(26)}", "c0ffee"),
        "a GUID": ("api-key: 8f1e2d3c-0001-4000-8000-00000000a001", "8f1e2d3c"),
        "with words before": (f"storage account key: {LONG_KEY}", LONG_KEY),
        "of small letters": ("api_key=qmvtrpzkwlxbnhgcydsf", "qmvtrp"),
        "a token of small letters": ('{"accessToken":"qmvtrpzkwlxbnhgcydsf"}', "qmvtrp"),
        "an access key by its name": ("accessKey: QwErTyUiOpAsDfGhJkLz", "QwErTy"),
    },
    "names and values": {
        "XML": ("<Password>hunter2</Password>", "hunter2"),
        "XML with a prefix": ("<wsse:Password Type='x'>hunter2</wsse:Password>", "hunter2"),
        "XML with blanks": ("<clientSecret>\n  hunter2\n</clientSecret>", "hunter2"),
        "XML with CDATA": ("<password><![CDATA[hunter2]]></password>", "hunter2"),
        "XML escaped": ("&lt;password&gt;hunter2&lt;/password&gt;", "hunter2"),
        "an attribute": ("<connection user='sa' password='hunter2'/>", "hunter2"),
        "settings in XML": ('<add key="ClientSecret" value="hunter2hunter" />', "hunter2hunter"),
        "settings in XML, the other way": (
            '<add value="hunter2hunter" key="ClientSecret" />',
            "hunter2hunter",
        ),
        "an element with a value": ('<setting name="DbPassword"><value>hunter2</value></setting>', "hunter2"),
        "a string resource": ('<string name="api_key">k3yk3yk3y9</string>', "k3yk3yk3y9"),
        "a property list": ("<key>Password</key>\n<string>hunter2</string>", "hunter2"),
        "an application setting": (
            '{"name": "DB_PASSWORD", "value": "hunter2", "slotSetting": false}',
            "hunter2",
        ),
        "an application setting with a flag": (
            '{"name":"ClientSecret","slotSetting":true,"value":"hunter2"}',
            "hunter2",
        ),
        "an application setting, the other way": ('{"value":"hunter2","name":"DB_PASSWORD"}', "hunter2"),
        "a setting in JSON in JSON": (json.dumps('{"name":"DB_PASSWORD","value":"hunter2"}'), "hunter2"),
        "a key and a value": (
            '{"Key":"x-functions-key","Value":["f0xtr0t99"]}'.replace("[", "").replace("]", ""),
            "f0xtr0t99",
        ),
        "a header of a recorded request": (
            '{"name":"Authorization","value":"Bearer abc123def456ghi"}',
            "abc123def456ghi",
        ),
        "a pair in a list": ('[["x-api-key","k3yk3yk3y9"],["accept","*/*"]]', "k3yk3yk3y9"),
        "a pair in a tuple": ("('password', 'hunter2')", "hunter2"),
        "a variable of a container in YAML": ("- name: DB_PASSWORD\n  value: hunter2", "hunter2"),
        "a variable in quotation marks in YAML": ("- name: DB_PASSWORD\n  value: 'hunter2'", "hunter2"),
        "YAML": ("db:\n  user: sa\n  password: letmein\n", "letmein"),
        "YAML in quotation marks": ("client_secret: 'battery staple horse'", "battery staple"),
        "YAML on the next line": ("password: >-\n  hunter2", "hunter2"),
        "Python": ("config['password'] = 'hunter2'", "hunter2"),
        "Python with a type": ('password: str = "hunter2"', "hunter2"),
        "a dictionary of Python": ("{'user': 'sa', 'password': 'hunter2'}", "hunter2"),
        "Ruby": (":password => 'hunter2'", "hunter2"),
        "Go": ('Password: "hunter2",', "hunter2"),
        "C#": ('options.ClientSecret = "hunter2hunter";', "hunter2hunter"),
        "PowerShell": ("$DbPassword = 'hunter2'", "hunter2"),
        "an ini file": ("[db]\npassword = hunter2", "hunter2"),
        "properties": ("spring.datasource.password=hunter2", "hunter2"),
        "settings with two underscores": ("ConnectionStrings__Db__Password=hunter2", "hunter2"),
        "a netrc file": ("machine x login sa password hunter2", "hunter2"),
        "SQL": ("CREATE USER sa IDENTIFIED BY 'hunter2'", "hunter2"),
        "SQL Server": ("CREATE LOGIN sa WITH PASSWORD = N'hunter2'", "hunter2"),
        "SQL Server's connection string": (f"Server=x;Uid=sa;Pwd={PASSWORD};Encrypt=True", "dor&3"),
        "ODBC with braces": ("Driver=x;UID=sa;PWD={hunt;er2};", "er2"),
        "Java's connection string": ("jdbc:sqlserver://x:1433;user=sa;password=hunter2", "hunter2"),
        "Oracle's connection string": ("jdbc:oracle:thin:scott/tiger@//x:1521/y", "tiger"),
        "MySQL in an address": ("jdbc:mysql://x/y?user=sa&password=hunter2&useSSL=true", "hunter2"),
        "npm's settings": (
            "//registry.contoso.com/:_authToken=0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
            "0a1b2c3d",
        ),
        "Docker's settings": ('{"auths":{"x.azurecr.io":{"auth":"YWxpY2U6aHVudGVyMg=="}}}', "YWxpY2U6"),
        "a credential": ("credential=hunter2zz9", "hunter2zz9"),
        "the password in prose": ("the password is hunter2", "hunter2"),
        "the password of somebody in prose": ("password for alice is hunter2", "hunter2"),
        "the password was": ("old password was hunter2, now rotated", "hunter2"),
        "a password in a login": ("login failed for sa with password 'hunter2'", "hunter2"),
        "in mixed case": ("PaSsWoRd=hunter2", "hunter2"),
        "the secret in prose": (f"the client secret is {_letters(32)}1aB2", "1aB2"),
    },
    "short names, variables, options": {
        "pass": ("user=sa pass=hunter2", "hunter2"),
        "passwd": ("passwd=hunter2", "hunter2"),
        "pwd": ("pwd: hunter2", "hunter2"),
        "pw": ("pw=hunter2", "hunter2"),
        "DB_PASS": ("export DB_PASS=hunter2", "hunter2"),
        "DB_PASSWORD in quotation marks": ('DB_PASSWORD="correct horse"', "correct horse"),
        "MYSQL_PWD": ("MYSQL_PWD=letmein mysql -u sa", "letmein"),
        "PGPASSWORD": ("PGPASSWORD=letmein psql", "letmein"),
        "dbpass": ("dbpass=hunter2", "hunter2"),
        "smtpPass": ('"smtpPass":"hunter2"', "hunter2"),
        "REDIS_PASSWORD in compose": ("- REDIS_PASSWORD=letmein", "letmein"),
        "set in a shell of Windows": ("set DB_PASS=hunter2", "hunter2"),
        "$env": ('$env:DB_PASS="hunter2"', "hunter2"),
        "ENV": ("ENV API_TOKEN=abc123def456", "abc123def456"),
        "passphrase": ("passphrase=battery-staple", "battery-staple"),
        "--password": ("psql --password hunter2 -h x", "hunter2"),
        "--password=": ("psql --password=letmein", "letmein"),
        "--password in quotation marks": ("tool --password 'correct horse' run", "correct horse"),
        "--password with letters only": ("tool --password letmein", "letmein"),
        "--client-secret": ("tool --client-secret hunter2zz", "hunter2zz"),
        "--token": (f"gh auth --token {_letters(24)}1aB2", "1aB2"),
        "--api-key": ("tool --api-key k3yk3yk3y9", "k3yk3yk3y9"),
        "--account-key": (f"az storage blob list --account-key {LONG_KEY}", LONG_KEY),
        "--connection-string": (f'az x --connection-string "Endpoint=https://x;AccessKey={KEY};"', KEY),
        "-Password": ("New-User -Name sa -Password hunter2", "hunter2"),
        "/password:": ("net.exe /user:sa /password:hunter2", "hunter2"),
        "curl -u": ("curl -u sa:hunter2 https://x", "hunter2"),
        "curl --user": ('curl --user "sa:letmein" https://x', "letmein"),
        "mysql -p": ("mysql -u sa -phunter2 lines", "hunter2"),
        "az -p": ("az login --service-principal -u 1 -p kE0x8Qz7Lm3 --tenant t", "kE0x8Qz7Lm3"),
        "redis-cli -a": ("redis-cli -h x -a hunter2zz9", "hunter2zz9"),
        "sshpass": ("sshpass -p hunter2 ssh x", "hunter2"),
        "ConvertTo-SecureString": ("ConvertTo-SecureString 'hunter2' -AsPlainText -Force", "hunter2"),
        "--password in JSON": ('{"args":["--password","hunter2"]}', "hunter2"),
        "AWS in a file": (f"aws_secret_access_key = {_letters(38)}+/", "+/"),
    },
    "tokens of vendors": {
        "GitHub": (f"using ghp_{_letters(36)}", "ghp_"),
        "GitHub, for a server": (f"x-access-token:ghs_{_letters(36)}@github.com", "ghs_"),
        "GitHub, fine-grained": (f"using github_pat_{_letters(22)}_{_letters(59)}", "github_pat_"),
        "GitHub, in an address": (f"https://gho_{_letters(36)}@github.com/contoso/app", "gho_"),
        "GitLab": (f"glpat-{_letters(20)}", "glpat-"),
        "GitLab, of a runner": (f"glrt-{_letters(20)}", "glrt-"),
        "GitLab, of a job": (f"glcbt-64_{_letters(20)}", "glcbt-"),
        "Slack": (
            f"xoxb-{_DICE.randrange(10**11, 10**12)}-{_DICE.randrange(10**11, 10**12)}-{_letters(24)}",
            "xoxb-",
        ),
        "Slack, of an app": (f"xapp-1-A{_letters(9)}-{_DICE.randrange(10**12, 10**13)}-{_hex(64)}", "xapp-"),
        "npm": (f"npm_{_letters(36)}", "npm_"),
        "PyPI": (f"pypi-AgEIcHlwaS5vcmc{_letters(60)}", "pypi-"),
        "Azure DevOps": (f"PAT {_small(48)}x2y3 rejected", "x2y3"),
        "Azure DevOps, longer": (f"PAT {_letters(76)}AZDO{_letters(4)}", "AZDO"),
        "Amazon": (f"AKIA{'ABCDEFGH234567JK'}", "AKIA"),
        "Amazon, temporary": ("aws ASIAABCDEFGH234567JK", "ASIA"),
        "Google": (f"AIza{_letters(35)}", "AIza"),
        "Google, a token": (f"ya29.{_letters(60)}", "ya29."),
        "Google, a client": (f"GOCSPX-{_letters(28)}", "GOCSPX-"),
        "Stripe": (f"sk_live_{_letters(24)}", "sk_live_"),
        "Stripe, restricted": (f"rk_live_{_letters(24)}", "rk_live_"),
        "Stripe, of a webhook": (f"whsec_{_letters(32)}", "whsec_"),
        "SendGrid": (f"SG.{_letters(22)}.{_letters(43)}", "SG."),
        "OpenAI": (f"sk-{_letters(20)}T3BlbkFJ{_letters(20)}", "T3BlbkFJ"),
        "OpenAI, of a project": (f"sk-proj-{_letters(48)}", "sk-proj-"),
        "Anthropic": (f"sk-ant-api03-{_letters(60)}", "sk-ant-"),
        "Hugging Face": (f"hf_{_letters(34)}", "hf_"),
        "Twilio": (f"SK{_hex(32)}", "SK"),
        "Mailgun": (f"key-{_hex(32)}", "key-"),
        "Mailchimp": (f"{_hex(28)}beef-us12", "beef-us12"),
        "Databricks": (f"dapi{_hex(32)}", "dapi"),
        "Docker": (f"dckr_pat_{_letters(27)}", "dckr_pat_"),
        "HashiCorp": (f"hvs.{_letters(90)}", "hvs."),
        "DigitalOcean": (f"dop_v1_{_hex(64)}", "dop_v1_"),
        "Shopify": (f"shpat_{_hex(32)}", "shpat_"),
        "Atlassian": (f"ATATT3xFfGF0{_letters(180)}", "ATATT3"),
        "Telegram": (f"{_DICE.randrange(10**9, 10**10)}:AA{_letters(33)}", ":AA"),
        "Discord": (f"MT{_letters(22)}.{_letters(6)}.{_letters(30)}", "."),
        "Grafana": (f"glsa_{_letters(32)}_{_hex(8)}", "glsa_"),
        "Entra, a secret of an application": (f"client secret kE08Q~{_letters(34)} is wrong", "kE08Q~"),
        "Entra, a refresh token": (f"got 1.AXoA{_letters(80)}", "1.AXoA"),
        "ASP.NET's cookie": (f".AspNetCore.Cookies=CfDJ8{_letters(80)}", "CfDJ8"),
        "ASP.NET's ticket": (f"protector returned CfDJ8{_letters(80)}", "CfDJ8"),
        "a JWT": (f"client sent {JWT}", JWT[-40:]),
        "an encrypted JWT": (
            "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp.48V1_ALb6US0.5eym8TW_c8SuK0ltJ3.XFBoMYUZodet",
            "XFBoMYUZ",
        ),
        "a JWT in JSON in JSON": (json.dumps(json.dumps({"token": JWT})), JWT[-40:]),
        "a hash of a password": (
            "sa:$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
            "EixZaYVK1f",
        ),
    },
    "addresses with their own permission": {
        "a workflow": (f"https://prod-07.westeurope.logic.azure.com:443{FLOW}", "sig="),
        "a workflow without its signature": (
            f"https://prod-07.westeurope.logic.azure.com:443{FLOW[:52]}",
            FLOW[12:40],
        ),
        "a workflow of Power Platform": (
            f"https://default1.0c.environment.api.powerplatform.com:443/powerautomate/automations/direct{FLOW}",
            "sig=",
        ),
        "a workflow of Power Platform, plain": (f"https://prod.api.powerplatform.com{FLOW}", "sig="),
        "a workflow of Power Automate": (
            f"https://default1.0c.environment.api.powerautomate.com:443{FLOW}",
            "sig=",
        ),
        "a workflow of Power Automate, plain": (f"POST https://eu.api.powerautomate.com{FLOW} 202", "sig="),
        "a workflow of Flow": (f"https://prod-12.westus.flow.microsoft.com{FLOW}", "sig="),
        "a workflow of Flow, plain": (f"https://flow.microsoft.com{FLOW}", "sig="),
        "a workflow in JSON of .NET": (
            _escaped(
                f"https://default1.0c.environment.api.powerplatform.com:443/powerautomate/automations/direct{FLOW}"
            ),
            "sig=",
        ),
        "a workflow of Power Automate in JSON of .NET": (
            _escaped(f"https://e.api.powerautomate.com{FLOW}"),
            "invoke",
        ),
        "a workflow encoded": (_encoded(f"https://e.api.powerautomate.com{FLOW}"), "invoke"),
        "a workflow in HTML": (html.escape(f"https://e.flow.microsoft.com{FLOW}"), "invoke"),
        "a workflow in capitals": (f"HTTPS://E.API.POWERPLATFORM.COM{FLOW}", "invoke"),
        "a workflow in a government's cloud": (
            f"https://prod-01.usgovvirginia.logic.azure.us{FLOW}",
            "invoke",
        ),
        "a connector": (
            "https://contoso.webhook.office.com/webhookb2/7c1d@9e2f/IncomingWebhook/4b5a/8c6d",
            "4b5a",
        ),
        "a connector of old": (
            "https://outlook.office.com/webhook/7c1d@9e2f/IncomingWebhook/4b5a/8c6d",
            "4b5a",
        ),
        "Slack": (
            f"POST https://hooks.slack.com/services/T{_letters(8)}/B{_letters(8)}/{_letters(24)}",
            "/services/",
        ),
        "Slack's workflow": (
            f"https://hooks.slack.com/workflows/T{_letters(8)}/A{_letters(8)}/{_letters(24)}",
            "/workflows/",
        ),
        "Discord": (f"https://discord.com/api/webhooks/1234567890/{_letters(68)}", "/webhooks/"),
        "Google Chat": (
            f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key=AIza{_letters(35)}&token={_letters(43)}",
            "token=",
        ),
        "Zapier": (f"https://hooks.zapier.com/hooks/catch/12345/{_letters(7)}/", "catch"),
        "Azure Automation": (
            f"https://x.webhook.we.azure-automation.net/webhooks?token={_letters(40)}%3d",
            "token=",
        ),
        "Telegram": (f"https://api.telegram.org/bot123456789:AA{_letters(33)}/sendMessage", "123456789"),
        "a user and a password": ("amqps://lines:p4ssw0rd@broker.contoso.com/v", "p4ssw0rd"),
        "a password alone": ("rediss://:hunter2pw@x.redis.cache.windows.net:6380", "hunter2pw"),
        "a password with letters only": ("https://alice:letmein@contoso.com/", "letmein"),
        "a password with an at sign": ("postgres://sa:p@ssw0rd@x/y", "ssw0rd"),
        "an encoded password": ("mongodb+srv://sa:p%40ssw0rd@x.mongodb.net", "ssw0rd"),
        "a token in the place of a user": (f"https://{_letters(40)}1aB2@dev.azure.com/contoso", "1aB2"),
        "without a scheme": ("proxy=alice:hunt3r2zz@proxy.contoso.com:8080", "hunt3r2zz"),
        "a client of Web PubSub": (
            f"wss://x.webpubsub.azure.com/client/hubs/h?access_token={JWT}",
            JWT[-40:],
        ),
        "a function": (f"https://f.azurewebsites.net/api/x?code={HOST_KEY}", HOST_KEY),
        "a function with a short key": ("https://f.azurewebsites.net/api/x?code=f0xtr0t-k3y-9", "f0xtr0t"),
        "a signature first": (f"https://x.blob.core.windows.net/c?sig={SIG}&sv=2024", SIG),
        "a signed address of Amazon": (
            f"https://x.s3.amazonaws.com/y?X-Amz-Credential=a&X-Amz-Signature={_hex(60)}beef",
            "beef",
        ),
        "a key in a query": ("GET /health?key=open-sesame", "open-sesame"),
    },
    "headers": {
        "Bearer": (f"Authorization: Bearer {_letters(30)}1aB2", "1aB2"),
        "Bearer in small letters": (f"authorization=bearer {_letters(30)}1aB2", "1aB2"),
        "Bearer, short": ("Authorization: Bearer sesame", "sesame"),
        "Bearer in JSON": ('{"Authorization":"Bearer sesame-2"}', "sesame-2"),
        "Bearer without its header": ("sent Bearer mF_9.B5f-4.1JqM", "mF_9"),
        "Bearer, encoded": (f"Authorization%3A%20Bearer%20{_letters(30)}1aB2", "1aB2"),
        "Bearer of small letters": ("sent Bearer qmvtrpzkwlxbnhgcydsf to x", "qmvtrp"),
        "no scheme, small letters": ("Authorization: qmvtrpzkwlxbnhgcydsf", "qmvtrp"),
        "a session of small letters": ("sessionid=qmvtrpzkwlxbnhgcydsf", "qmvtrp"),
        "Basic": ("Authorization: Basic YWxpY2U6aHVudGVyMg==", "YWxpY2U6"),
        "Basic of a proxy": ("Proxy-Authorization: Basic YWxpY2U6aHVudGVyMg==", "YWxpY2U6"),
        "Basic without its header": ("sent Basic YWxpY2U6aHVudGVyMg== to x", "YWxpY2U6"),
        "Digest": (
            'Authorization: Digest username="alice", realm="x", nonce="abc", response="6629fae49393a05397450978507c4ef1"',
            "6629fae4",
        ),
        "Negotiate": (f"Authorization: Negotiate YIIJvwYGKwYBBQUCoIIJszCC{_letters(60)}", "YIIJvwYG"),
        "NTLM": ("Authorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAA", "TlRMTVNT"),
        "SharedKey": (f"Authorization: SharedKey lines:{KEY}", KEY),
        "SharedAccessSignature": (
            f"Authorization: SharedAccessSignature sr=sb%3a%2f%2fx&sig={SIG}&se=1&skn=Root",
            SIG,
        ),
        "SharedAccessSignature alone": (
            f"SharedAccessSignature sr=sb%3a%2f%2fx&sig={SIG}&se=1&skn=Root",
            SIG,
        ),
        "HMAC-SHA256": (
            f"Authorization: HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={KEY}",
            KEY,
        ),
        "Amazon": (
            f"Authorization: AWS4-HMAC-SHA256 Credential=AKIAABCDEFGH234567JK/2026/eu/s3/aws4_request, SignedHeaders=host, Signature={_hex(60)}beef",
            "beef",
        ),
        "a token of GitHub": (f"Authorization: token {_hex(36)}beef", "beef"),
        "ApiKey": ("Authorization: ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHA=", "VnVhQ2ZH"),
        "a scheme that nobody knows": (f"Authorization: LobbyPass {_letters(30)}1aB2", "1aB2"),
        "no scheme": (f"Authorization: {_letters(30)}1aB2", "1aB2"),
        "no scheme, short": ("Authorization: s3same-0pen", "s3same"),
        "a function's key": ("x-functions-key: letmein", "letmein"),
        "Event Grid": (f"aeg-sas-key: {KEY}", KEY),
        "an API key with letters only": ("X-Api-Key: QwErTyUiOpAsDfGhJkLz", "QwErTy"),
        "an API key with a word": ("x-api-key: letmein", "letmein"),
        "a token": ("X-Auth-Token: abc123def456", "abc123def456"),
        "a token of App Service": (f"X-MS-TOKEN-AAD-ACCESS-TOKEN: {JWT}", JWT[-40:]),
        "a header that goes on": (f"Authorization:\r\n Bearer {_letters(30)}1aB2", "1aB2"),
        "curl -H": ("curl -H 'Authorization: Bearer s3same-0pen' https://x", "s3same"),
        "Cookie": ("Cookie: sid=s3cr3tsid; theme=dark", "s3cr3tsid"),
        "Set-Cookie": ("Set-Cookie: ARRAffinity=zebra-stripes; Path=/; HttpOnly", "zebra"),
        "Set-Cookie in JSON": (json.dumps({"set-cookie": "sid=s3cr3tsid; HttpOnly"}), "s3cr3tsid"),
        "a cookie of a session": (f"sessionid={_letters(30)}1aB2", "1aB2"),
        "a cookie of a session of Java": (f"JSESSIONID={_hex(28).upper()}BEEF", "BEEF"),
        "a cookie of App Service": (f"AppServiceAuthSession={_letters(76)}1aB2", "1aB2"),
        "ASP.NET_SessionId": (f"ASP.NET_SessionId={_small(20)}beef", "beef"),
    },
    "private keys": {
        "a block": (f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----", PEM_BODY),
        "of RSA": (f"-----BEGIN RSA PRIVATE KEY-----\n{PEM_BODY}\n-----END RSA PRIVATE KEY-----", PEM_BODY),
        "of a curve": (f"-----BEGIN EC PRIVATE KEY-----\n{PEM_BODY}\n-----END EC PRIVATE KEY-----", PEM_BODY),
        "of SSH": (
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{PEM_BODY}\n-----END OPENSSH PRIVATE KEY-----",
            PEM_BODY,
        ),
        "of PGP": (
            f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{PEM_BODY}\n-----END PGP PRIVATE KEY BLOCK-----",
            PEM_BODY,
        ),
        "encrypted": (f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{PEM_BODY}", PEM_BODY),
        "encrypted of old": (
            f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n{PEM_BODY}\n-----END RSA PRIVATE KEY-----",
            PEM_BODY,
        ),
        "in JSON": (
            json.dumps({"key": f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----\n"}),
            PEM_BODY,
        ),
        "in JSON in JSON": (
            json.dumps(json.dumps(f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----")),
            PEM_BODY,
        ),
        "on one line": (f"-----BEGIN PRIVATE KEY----- {PEM_BODY} -----END PRIVATE KEY-----", PEM_BODY),
        "encoded": (
            _encoded(f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----"),
            PEM_BODY,
        ),
        "in code": (
            f'"-----BEGIN PRIVATE KEY-----\\n" +\n "{PEM_BODY}\\n" +\n "-----END PRIVATE KEY-----"',
            PEM_BODY,
        ),
        "cut": (f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY[:30]}", PEM_BODY[:30]),
        "in a name": (f"privateKey={PEM_BODY}", PEM_BODY),
    },
}
