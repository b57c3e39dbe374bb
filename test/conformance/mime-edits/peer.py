"""What Python's email sees: JSON lines in (name, messages in base64), JSON lines out (name, one view per message)."""

import base64
import email
import hashlib
import json
import sys

LEFT_OUT = {"subject", "x-edit-evidence"}
LABELS = {"content-type", "content-transfer-encoding", "mime-version"}


def view(data):
    message = email.message_from_bytes(data)
    return [part_view(part, part is message) for part in message.walk()]


def part_view(part, root):
    fields = [(name, str(value)) for name, value in part.items()]
    rest = [field for field in fields if not (root and field[0].lower() in LEFT_OUT)]
    payload = b"" if part.is_multipart() else part.get_payload(decode=True) or b""
    return {
        "type": part.get_content_type(),
        "fields": digest([field for field in rest if field[0].lower() not in LABELS]),
        "labels": digest([field for field in rest if field[0].lower() in LABELS]),
        "around": digest([part.preamble, part.epilogue] if part.is_multipart() else []),
        "defects": [type(defect).__name__ for defect in part.defects],
        "payload": hashlib.sha256(payload).hexdigest(),
        "text": base64.b64encode(payload).decode() if part.get_content_type() in ("text/plain", "text/html") else "",
    }


def digest(value):
    return hashlib.sha256(repr(value).encode("utf-8", "surrogateescape")).hexdigest()


for line in sys.stdin:
    asked = json.loads(line)
    views = [view(base64.b64decode(message)) for message in asked["messages"]]
    # A text is sent only where it is not the same in all.
    for parts in zip(*views):
        if len({part["payload"] for part in parts}) == 1:
            for part in parts:
                part["text"] = ""
    print(json.dumps({"name": asked["name"], "views": views}))
