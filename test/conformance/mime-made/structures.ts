/** Which parts are the body: `mime.md` §5.1 as messages. */
import {
  alternative,
  file,
  html,
  image,
  leaf,
  type Made,
  made,
  mixed,
  multi,
  related,
  text,
} from './spec.ts';

const TEXT = '⟦Hello there.\n\nSee you.\n⟧';
const HTML = '<html><body>⟦<p>Hello there.</p><p>See you.</p>⟧</body></html>';
const LEFT_TEXT = 'Hello there.\n\nSee you.\n';
const LEFT_HTML = '<html><body><p>Hello there.</p></body></html>';
const CALENDAR = 'BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n';
const AMP = '<!doctype html><html amp4email><body>Hello</body></html>';
const ARMOUR = '-----BEGIN PGP MESSAGE-----\n\nwcBMA0\n=abcd\n-----END PGP MESSAGE-----\n';
const CLEAR =
  '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHello\n-----BEGIN PGP SIGNATURE-----\n\nwcBMA0\n=abcd\n-----END PGP SIGNATURE-----\n';

const both = () => alternative(text(TEXT), html(HTML));
const leftBoth = () => alternative(text(LEFT_TEXT), html(LEFT_HTML));
const withImage = () => related(html(HTML), image('a@example.org'));
const inner = 'From: cy@example.org\nSubject: inner\nContent-Type: text/html\n\n<body>inner</body>\n';
const attachedMessage = () => leaf('message/rfc822', inner, { charset: undefined });
const signature = () => leaf('application/pgp-signature', ARMOUR, { charset: undefined });
const attached = (name: string) => ({ head: [`Content-Disposition: attachment; filename="${name}"`] });
const inline = { head: ['Content-Disposition: inline'] };
const invitation = { parameters: '; method=REQUEST' };

const SINGLE: readonly Made[] = [
  made('one text', text(TEXT)),
  made('one HTML', html(HTML)),
  made('one text, said to be inline', text(TEXT, inline)),
  made('one HTML, said to be inline', html(HTML, inline)),
  made('one text without a Content-Type', leaf('', TEXT, { charset: undefined, encoding: undefined })),
  made('no MIME at all', leaf('', TEXT, { charset: undefined, encoding: undefined }), { mime: false }),
  made('one text with a file name', text(TEXT, { parameters: '; name="notes.txt"' })),
  made('one attached text', text(LEFT_TEXT, attached('a.txt')), { kind: 'no-displayable-part' }),
  made('one attached HTML', html(LEFT_HTML, attached('a.html')), { kind: 'no-displayable-part' }),
  made('one PDF', file('a.pdf'), { kind: 'no-displayable-part' }),
  made('one image', image('a@example.org'), { kind: 'no-displayable-part' }),
  made('one text of a kind that nobody shows', leaf('text/x-log', LEFT_TEXT), {
    kind: 'no-displayable-part',
  }),
  made('one enriched text', leaf('text/enriched', LEFT_TEXT), { kind: 'no-displayable-part' }),
  made('one attached message', attachedMessage(), { kind: 'no-displayable-part' }),
  made('an empty text', text('⟦⟧')),
  made('an empty HTML', html('⟦⟧')),
  made('a text of line ends only', text('⟦\n\n\n⟧')),
  made(
    'a text with a disposition that nobody knows',
    text(LEFT_TEXT, { head: ['Content-Disposition: curious'] }),
    {
      kind: 'no-displayable-part',
    },
  ),
  made('one text with LF', text(TEXT), { lf: true }),
  made('one HTML with LF', html(HTML), { lf: true }),
];

const ALTERNATIVES: readonly Made[] = [
  made('text and HTML', both()),
  made('HTML and text, the wrong way round', alternative(html(HTML), text(TEXT))),
  made('only HTML in an alternative', alternative(html(HTML))),
  made('only text in an alternative', alternative(text(TEXT))),
  made('two texts: readers show the last', alternative(text(LEFT_TEXT), text(TEXT))),
  made('text and two HTML: the last of each type', alternative(text(TEXT), html(LEFT_HTML), html(HTML))),
  made('text, HTML and AMP', alternative(text(TEXT), leaf('text/x-amp-html', AMP), html(HTML))),
  made('text and AMP last', alternative(text(TEXT), html(HTML), leaf('text/x-amp-html', AMP))),
  made('text, enriched and HTML', alternative(text(TEXT), leaf('text/enriched', LEFT_TEXT), html(HTML))),
  made('text, watch and HTML', alternative(text(TEXT), leaf('text/watch-html', LEFT_HTML), html(HTML))),
  made('text and HTML with an image', alternative(text(TEXT), withImage())),
  made('text, and HTML with a file beside it', alternative(text(TEXT), mixed(html(HTML), file('a.pdf')))),
  made('an alternative in an alternative', alternative(text(TEXT), alternative(html(LEFT_HTML), html(HTML)))),
  made('an empty text beside HTML', alternative(text('⟦⟧'), html(HTML))),
  made('an empty HTML beside text', alternative(text(TEXT), html('⟦⟧'))),
  made('alternatives with LF', both(), { lf: true }),
  made(
    'alternatives with text before and after',
    multi('alternative', [text(TEXT), html(HTML)], {
      preamble: 'This is a message in several parts.',
      epilogue: 'That was it.\n',
    }),
  ),
  made('an alternative that nobody can show', alternative(leaf('text/enriched', LEFT_TEXT), file('a.pdf')), {
    kind: 'no-displayable-part',
  }),
];

const MIXED: readonly Made[] = [
  made('text and a file', mixed(text(TEXT), file('a.pdf'))),
  made('HTML and a file', mixed(html(HTML), file('a.pdf'))),
  made('alternatives and a file', mixed(both(), file('a.pdf'))),
  made('alternatives and three files', mixed(both(), file('a.pdf'), file('b.docx'), file('c.zip'))),
  made('a file first', mixed(file('a.pdf'), both())),
  made('a file between two texts', mixed(text('⟦one\n'), file('a.pdf'), text('two\n⟧'))),
  made('three texts, as Apple Mail writes them', mixed(text('⟦one\n'), text('two\n'), text('three\n⟧'))),
  made('text, picture, HTML', mixed(text('⟦one\n'), image('a@example.org'), html('<p>two</p>⟧'))),
  made('alternatives and the footer of a list', mixed(leftBothBanner(), text('A list.\n⟧'))),
  made('a text and an attached text', mixed(text(TEXT), text(LEFT_TEXT, attached('b.txt')))),
  made('a text and an attached HTML', mixed(text(TEXT), html(LEFT_HTML, attached('b.html')))),
  made(
    'a text and a named text, shown in place',
    mixed(text(TEXT), text(LEFT_TEXT, { parameters: '; name=b.txt' })),
  ),
  made('a text and an attached message', mixed(text(TEXT), attachedMessage())),
  made('an attached message first', mixed(attachedMessage(), text(TEXT))),
  made('only an attached message', mixed(attachedMessage()), { kind: 'no-displayable-part' }),
  made('only files', mixed(file('a.pdf'), file('b.pdf')), { kind: 'no-displayable-part' }),
  made('mixed in mixed', mixed(mixed(both()), file('a.pdf'))),
  made(
    'only named texts: the first is the body',
    mixed(text(TEXT, { parameters: '; name=a.txt' }), text(LEFT_TEXT, { parameters: '; name=b.txt' })),
  ),
  made(
    'mixed with text before and after',
    multi('mixed', [text(TEXT), file('a.pdf')], {
      preamble: 'Your reader is old.',
      epilogue: 'The end.\n',
    }),
  ),
  made('a kind of multipart that nobody knows is mixed', multi('x-curious', [text(TEXT), file('a.pdf')])),
  made('parallel is mixed', multi('parallel', [text(TEXT), file('a.pdf')])),
  made('a contact card beside the text', mixed(both(), leaf('text/vcard', 'BEGIN:VCARD\nEND:VCARD\n'))),
  made('a mixed of one text', mixed(text(TEXT))),
  made('a multipart of one with LF', mixed(text(TEXT), file('a.pdf')), { lf: true }),
  made('a digest of messages', multi('digest', [leaf('message/rfc822', inner, { charset: undefined })]), {
    kind: 'no-displayable-part',
  }),
];

function leftBothBanner() {
  return alternative(text('⟦Hello there.\n'), html('<html><body>⟦<p>Hello</p></body></html>'));
}

const RELATED: readonly Made[] = [
  made('HTML with an image', withImage()),
  made('alternatives with an image', related(both(), image('a@example.org'))),
  made('text, HTML with an image, and a file', mixed(alternative(text(TEXT), withImage()), file('a.pdf'))),
  made('HTML with three images', related(html(HTML), image('a@x'), image('b@x'), image('c@x'))),
  made(
    'the root named by start',
    multi('related', [html(HTML, { head: ['Content-ID: <root@x>'] }), image('a@x')], {
      parameters: '; start="<root@x>"',
    }),
  ),
  made(
    'a root that is not first: both, since many readers take the first',
    multi('related', [html(HTML), html(HTML, { head: ['Content-ID: <root@x>'] })], {
      parameters: '; start="<root@x>"',
    }),
  ),
  made(
    'a start that names no part',
    multi('related', [html(HTML), image('a@x')], { parameters: '; start="<no@x>"' }),
  ),
  made('an image first', related(image('a@x'), html(HTML))),
  made(
    'related with a type',
    multi('related', [html(HTML), image('a@x')], { parameters: '; type="text/html"' }),
  ),
  made('only images', related(image('a@x'), image('b@x')), { kind: 'no-displayable-part' }),
];

const LEFT_ALONE: readonly Made[] = [
  made('signed by PGP/MIME', multi('signed', [text(LEFT_TEXT), signature()]), { kind: 'signed' }),
  made('signed by S/MIME', multi('signed', [leftBoth(), file('smime.p7s', 'application/pkcs7-signature')]), {
    kind: 'signed',
  }),
  made(
    'signed below the footer of a list',
    mixed(multi('signed', [text(LEFT_TEXT), signature()]), text('list\n')),
    {
      kind: 'signed',
    },
  ),
  made('signed, opaque', leaf('application/pkcs7-mime', 'MIIB', { parameters: '; smime-type=signed-data' }), {
    kind: 'signed',
  }),
  made(
    'certificates only',
    leaf('application/pkcs7-mime', 'MIIB', { parameters: '; smime-type=certs-only' }),
    {
      kind: 'signed',
    },
  ),
  made('signed in clear text', text(CLEAR), { kind: 'signed' }),
  made('signed in clear text below a greeting', text(`Hi\n\n${CLEAR}`), { kind: 'signed' }),
  made(
    'encrypted by S/MIME',
    leaf('application/pkcs7-mime', 'MIIB', { parameters: '; smime-type=enveloped-data' }),
    {
      kind: 'encrypted',
    },
  ),
  made('S/MIME that does not say what', leaf('application/x-pkcs7-mime', 'MIIB'), { kind: 'encrypted' }),
  made(
    'encrypted by PGP/MIME',
    multi('encrypted', [
      leaf('application/pgp-encrypted', 'Version: 1\n'),
      leaf('application/octet-stream', ARMOUR),
    ]),
    { kind: 'encrypted' },
  ),
  made('encrypted in clear text', text(ARMOUR), { kind: 'encrypted' }),
  made('encrypted in HTML', html(`<pre>${ARMOUR}</pre>`), { kind: 'encrypted' }),
  made('encrypted in base64', text(ARMOUR, { encoding: 'base64' }), { kind: 'encrypted' }),
  made(
    'rights-managed',
    mixed(text(LEFT_TEXT), file('message.rpmsg', 'application/x-microsoft-rpmsg-message')),
    {
      kind: 'encrypted',
    },
  ),
  made(
    'a delivery report',
    multi('report', [text(LEFT_TEXT), leaf('message/delivery-status', 'Reporting-MTA: dns; a.example\n')]),
    { kind: 'report' },
  ),
  made(
    'a read receipt',
    multi('report', [
      text(LEFT_TEXT),
      leaf('message/disposition-notification', 'Disposition: manual-action; displayed\n'),
    ]),
    { kind: 'report' },
  ),
  made(
    'an invitation',
    alternative(text(LEFT_TEXT), html(LEFT_HTML), leaf('text/calendar', CALENDAR, invitation)),
    {
      kind: 'calendar',
    },
  ),
  made('an invitation alone', leaf('text/calendar', CALENDAR, invitation), { kind: 'calendar' }),
  made('a calendar without a method is a file like others', mixed(both(), leaf('text/calendar', CALENDAR))),
  made(
    'an attached calendar',
    mixed(
      both(),
      leaf('text/calendar', CALENDAR, {
        ...invitation,
        ...attached('a.ics'),
      }),
    ),
  ),
  made('a body in winmail.dat', mixed(text(LEFT_TEXT), file('winmail.dat', 'application/ms-tnef')), {
    kind: 'tnef',
  }),
  made(
    'winmail.dat under another type',
    mixed(text(LEFT_TEXT), file('WINMAIL.DAT', 'application/octet-stream')),
    {
      kind: 'tnef',
    },
  ),
  made(
    'a fragment',
    leaf('message/partial', LEFT_TEXT, { charset: undefined, parameters: '; id=a; number=1' }),
    {
      kind: 'partial',
    },
  ),
  made('a mention of the armour is no armour', text('⟦He wrote "-----BEGIN PGP MESSAGE-----" to me.\n⟧')),
  made('armour that is quoted', text('⟦> -----BEGIN PGP MESSAGE-----\n> x\n\nWhat is this?\n⟧')),
  made('a signature beside an unsigned text is a file', mixed(text(TEXT), signature())),
];

export const STRUCTURES: readonly Made[] = [...SINGLE, ...ALTERNATIVES, ...MIXED, ...RELATED, ...LEFT_ALONE];
