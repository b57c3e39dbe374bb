/** What the tests of this folder share: a zone that is a table and records what was asked, and messages under SES's block. */

import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import type { LookupTxt } from '../../../shared/auth/index.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import type { Message } from '../../../shared/mime/types.ts';

export type Zone = Readonly<Record<string, readonly string[] | 'servfail'>>;

/** A look-up over `zone`, and the names that it was asked for. */
export function zoneLookup(zone: Zone): { lookupTxt: LookupTxt; asked: string[] } {
  const asked: string[] = [];
  const lookupTxt: LookupTxt = async (name) => {
    asked.push(name);
    const entry = zone[name];
    if (entry === 'servfail') throw new TemporaryError('SERVFAIL');
    if (entry !== undefined && entry.length > 0) return { kind: 'records', records: entry };
    const exists = entry !== undefined || Object.keys(zone).some((each) => each.endsWith(`.${name}`));
    return { kind: exists ? 'nodata' : 'nxdomain' };
  };
  return { lookupTxt, asked };
}

/** The same for every type: TXT under the plain name, others as `A mail.example.com`. */
export function zoneDns(zone: Zone): { lookupDns: LookupDns; asked: string[] } {
  const asked: string[] = [];
  const names = Object.keys(zone).map((key) => key.slice(key.indexOf(' ') + 1));
  const lookupDns: LookupDns = async (name, type) => {
    const key = type === 'TXT' ? name : `${type} ${name}`;
    asked.push(key);
    const entry = zone[key];
    if (entry === 'servfail') throw new TemporaryError('SERVFAIL');
    if (entry !== undefined && entry.length > 0) return { kind: 'records', records: entry };
    const exists = names.some((each) => each === name || each.endsWith(`.${name}`));
    return { kind: exists ? 'nodata' : 'nxdomain' };
  };
  return { lookupDns, asked };
}

export function message(text: string | readonly string[]): Message {
  const whole = typeof text === 'string' ? text : `${text.join('\r\n')}\r\n\r\nHello\r\n`;
  return parseMessage(Buffer.from(whole, 'utf8'));
}

export interface Block {
  readonly spf?: string;
  readonly rest?: string;
  readonly returnPath?: string;
}

export const SPF_PASS =
  'pass (spfCheck: domain of sender.example designates 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=ann@sender.example; helo=mail.sender.example;';

/** The fields that SES puts on top, as lines. */
export function sesBlock({ spf = SPF_PASS, rest = '', returnPath }: Block): string[] {
  return [
    ...(returnPath === undefined ? [] : [`Return-Path: ${returnPath}`]),
    'Received: from mail.sender.example (mail.sender.example [203.0.113.10])',
    ' by inbound-smtp.us-east-1.amazonaws.com with SMTP id rcr66nm1s5kge4jl0e7npmr2nle1k5spnmria6o1',
    ' for bob@example.com;',
    ' Wed, 07 Jul 2021 18:40:11 +0000 (UTC)',
    'X-SES-Spam-Verdict: PASS',
    'X-SES-Virus-Verdict: PASS',
    `Received-SPF: ${spf}`,
    'Authentication-Results: amazonses.com;',
    ` spf=${spf}`,
    ...rest.split(/(?<=;) /).map((segment) => ` ${segment}`),
    'X-SES-RECEIPT: AEFBQUFBQUFBQUFHZmE2Z2lYQ2JmYlZzRmxkN0d1',
    'X-SES-DKIM-SIGNATURE: a=rsa-sha256; q=dns/txt; b=AAAA; c=relaxed/simple; s=ug7nbtf4gccmlpwj322ax3p6ow6yfsug; d=amazonses.com; t=1625683211; v=1; bh=BBBB; h=From:To;',
  ];
}
