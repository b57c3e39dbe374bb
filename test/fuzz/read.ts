/** Fuzzes what is read of a message for conditions: texts, attachments, kinds, properties. */
import fc from 'fast-check';
import type { Attachment } from '../../shared/mime/attachment-types.ts';
import { listAttachments } from '../../shared/mime/attachments.ts';
import { attachmentText, bodyText } from '../../shared/mime/body-text.ts';
import { isExecutable } from '../../shared/mime/executable.ts';
import { type Message, parseMessage } from '../../shared/mime/index.ts';
import { messageKinds } from '../../shared/mime/message-kinds.ts';
import { charsetsOf, importanceOf, isReply } from '../../shared/mime/message-properties.ts';
import { grammarMessage, mutatedFixture, rawMessage } from '../shared/mime/arbitraries.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

/** Words of what is attached, which the grammar of messages lacks. */
const FILES = [
  'begin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\n',
  'begin 644 b\r\n',
  'end\r\n',
  "Content-Disposition: attachment; filename*0*=utf-8''%41;\r\n filename*1=b.exe\r\n",
  'Content-Type: application/zip; name="=?utf-8?Q?=C3=A4?=.zip"\r\n',
  'Content-Transfer-Encoding: x-uuencode\r\n',
  'UEsDBAoAAAAAAA==',
  'Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n',
  'Content-Type: multipart/signed; boundary=b\r\n',
  'Auto-Submitted: auto-replied\r\n',
  'Importance: high\r\n',
  'X-Priority: 1 (Highest)\r\n',
  'In-Reply-To: <a@b>\r\n',
  'format=flowed; delsp=yes\r\n',
  '--c\r\n',
  '\r\n',
];

const withFiles = fc
  .array(
    fc.oneof(
      fc.constantFrom(...FILES).map((text) => Buffer.from(text, 'latin1')),
      grammarMessage.map((bytes) => bytes.subarray(0, 120)),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => Buffer.concat(pieces));

/** Attached messages in attached messages. */
const MAX_DEPTH = 5;

function readAttachments(all: readonly Attachment[], depth: number): void {
  const paths = new Set(all.map(({ path }) => path));
  if (paths.size !== all.length) throw new Error('two attachments of one path');
  for (const attachment of all) {
    const { bytes } = attachment.content();
    if (bytes.length !== attachment.sizeBytes)
      throw new Error(`${attachment.sizeBytes} octets said to be there`);
    isExecutable(attachment);
    if (depth < MAX_DEPTH) readAttachments(attachment.nested(), depth + 1);
  }
}

function readText(message: Message): void {
  for (const { text } of [bodyText(message), attachmentText(message)])
    if (!text.isWellFormed()) throw new Error('half a character');
}

export const fuzzer: ByteFuzzer = {
  name: 'read',
  inputs: fc.oneof(rawMessage, grammarMessage, mutatedFixture(), withFiles),
  check(bytes) {
    const message = parseMessage(bytes);
    readAttachments(listAttachments(message), 0);
    readText(message);
    messageKinds(message);
    importanceOf(message);
    charsetsOf(message);
    isReply(message);
  },
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
