/** Files that begin with text which says what they are: scripts, shortcuts, HTML, messages. */
import type { RealType } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { standsAt } from './octets.ts';
import { fileType } from './signatures.ts';

/** As far as a kind may be told by what stands later: an HTML application by its element, SVG by its root. */
const LOOKED_AT_BYTES = 64 * 1024;
const HEAD_CHARS = 2048;

const HTML = fileType('text/html', 'html htm');

/** By the first words, in any case, after a byte order mark and white space. */
const BEGINNINGS: readonly (readonly [string, RealType])[] = [
  ['#!', fileType('text/x-shellscript', 'sh py pl rb', true)],
  ['@echo', fileType('application/x-bat', 'bat cmd', true)],
  ['<?php', fileType('application/x-httpd-php', 'php', true)],
  ['[internetshortcut]', fileType('application/x-mswinurl', 'url', true)],
  ['[{000214a0-0000-0000-c000-000000000046}]', fileType('application/x-mswinurl', 'url', true)],
  ['[desktop entry]', fileType('application/x-desktop', 'desktop', true)],
  ['windows registry editor version', fileType('text/x-ms-regedit', 'reg', true)],
  ['regedit4', fileType('text/x-ms-regedit', 'reg', true)],
  ['<scriptlet', fileType('text/scriptlet', 'sct wsc', true)],
  ['<job', fileType('text/x-windows-script', 'wsf', true)],
  ['<package', fileType('text/x-windows-script', 'wsf', true)],
  ['<svg', fileType('image/svg+xml', 'svg')],
];

/** XML by an element near its start. */
const XML_ROOTS: readonly (readonly [string, RealType])[] = [
  ['<scriptlet', fileType('text/scriptlet', 'sct wsc', true)],
  ['<job', fileType('text/x-windows-script', 'wsf', true)],
  ['<mmc_consolefile', fileType('application/x-ms-console', 'msc', true)],
  ['<pcsettings', fileType('application/x-settingcontent', 'settingcontent-ms', true)],
  ['urn:schemas-microsoft-com:xslt', fileType('application/xslt+xml', 'xsl', true)],
  ['<svg', fileType('image/svg+xml', 'svg')],
  ['<html', HTML],
  ['<?mso-application progid="word', fileType('application/msword', 'doc xml')],
  ['<?mso-application progid="excel', fileType('application/vnd.ms-excel', 'xls xml')],
];

/** https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type: tags that make HTML. */
const HTML_START =
  /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|form|meta|link|object|embed|base|!--)[\s>/-]/;

/** RFC 5322 §3.6: fields of which a message begins with several. */
const MESSAGE_FIELD =
  /^(?:return-path|received|from|to|cc|subject|date|message-id|mime-version|content-type|reply-to|delivered-to|dkim-signature|arc-seal|x-[!-9;-~]+):/gm;
const MESSAGE_FIELDS = 3;

/** Undefined when nothing is recognised, as of most text. */
export function textKind(bytes: Uint8Array): RealType | undefined {
  const text = startOf(bytes);
  const head = text.slice(0, HEAD_CHARS);
  for (const [beginning, type] of BEGINNINGS) if (head.startsWith(beginning)) return type;
  if (head.startsWith('<?xml')) {
    return XML_ROOTS.find(([root]) => head.includes(root))?.[1] ?? fileType('application/xml', 'xml');
  }
  if (HTML_START.test(head))
    return text.includes('<hta:application') ? fileType('application/hta', 'hta', true) : HTML;
  if (/^[!-9;-~]+:/.test(head) && (head.match(MESSAGE_FIELD)?.length ?? 0) >= MESSAGE_FIELDS) {
    return fileType('message/rfc822', 'eml mht');
  }
  return undefined;
}

/** Lower case, without the byte order mark and white space before it; UTF-16 with a mark is read as such. */
function startOf(input: Uint8Array): string {
  const bytes = bufferOver(input).subarray(0, LOOKED_AT_BYTES);
  const text = standsAt(bytes, '\xff\xfe', 0)
    ? bytes.toString('utf16le', 2)
    : standsAt(bytes, '\xfe\xff', 0)
      ? Buffer.from(bytes.subarray(2, bytes.length & ~1))
          .swap16()
          .toString('utf16le')
      : bytes.toString('latin1', standsAt(bytes, '\xef\xbb\xbf', 0) ? 3 : 0);
  return text.trimStart().toLowerCase();
}
