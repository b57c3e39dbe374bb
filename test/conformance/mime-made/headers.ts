/** Subjects and the header around them: `mime.md` §5.3, the last point, as messages. */
import { type Made, made, text } from './spec.ts';

const body = () => text('⟦Hello\n⟧');
/** The tag that `mime-edits/changes.ts` puts in. */
const TAG = '[EXTERNAL]';

const subject = (name: string, field: string, tagged = true): Made =>
  made(name, body(), { subject: field, tagged });

export const HEADERS: readonly Made[] = [
  subject('a subject', 'Subject: figures'),
  subject('no subject', ''),
  subject('an empty subject', 'Subject:'),
  subject('a subject of blanks', 'Subject:   '),
  subject('no blank after the colon', 'Subject:figures'),
  subject('two blanks after the colon', 'Subject:  figures'),
  subject('a name in capitals', 'SUBJECT: figures'),
  subject('a folded subject', 'Subject: figures of\n the quarter'),
  subject('folded before its first word', 'Subject:\n figures of the quarter'),
  subject('folded with a tab', 'Subject: figures of\n\tthe quarter'),
  subject('an encoded word, Q', 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?='),
  subject('an encoded word, B', 'Subject: =?utf-8?B?R3LDvMOfZQ==?='),
  subject('an encoded word in ISO-8859-1', 'Subject: =?iso-8859-1?Q?Gr=FC=DFe?='),
  subject('two encoded words', 'Subject: =?utf-8?Q?Gr=C3=BC?=\n =?utf-8?Q?=C3=9Fe?='),
  subject('an encoded word and plain words', 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= and more'),
  subject('an encoded word with a language', 'Subject: =?utf-8*de?Q?Gr=C3=BC=C3=9Fe?='),
  subject('UTF-8 as it is', 'Subject: Gr\xc3\xbc\xc3\x9fe'),
  subject('ISO-8859-1 as it is', 'Subject: Gr\xfc\xdfe'),
  subject('an answer', 'Subject: Re: figures'),
  subject('an answer in German', 'Subject: AW: figures'),
  subject('tagged already', `Subject: ${TAG} figures`, false),
  subject('tagged already, in an answer', `Subject: Re: ${TAG} figures`, false),
  subject('tagged already, in an encoded word', 'Subject: =?utf-8?Q?[EXTERNAL]_gr=C3=BC=C3=9Fe?=', false),
  subject('tagged already, in small letters', 'Subject: [external] figures', false),
  subject('the tag later in the subject is not the tag', `Subject: what does ${TAG} mean?`),
  subject('a long subject', `Subject: ${'figures of the quarter, '.repeat(20)}`),
  subject('what looks like an encoded word', 'Subject: =?utf-8?X?no?='),
  made('fields of a list', body(), {
    head: ['List-Id: <a.example.org>', 'List-Unsubscribe: <mailto:a@example.org>'],
  }),
  made('a signature of DKIM', body(), {
    head: ['DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; h=from:to:subject;\n bh=abc=; b=def='],
  }),
  made('trace fields', body(), { head: ['Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000'] }),
  made('an empty field', body(), { head: ['X-Empty:'] }),
  made('a field with blanks at its end', body(), { head: ['X-Blank: a  '] }),
  made('a field of many lines', body(), { head: [`X-Long: a\n${' and more\n'.repeat(30)} end`] }),
  made('fields that stand twice', body(), { head: ['X-Twice: one', 'X-Twice: two'] }),
];
