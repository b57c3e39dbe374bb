/** File names, files and what refers to them: `mime.md` §5.4 as messages. */
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

const body = () => text('⟦Hello\n⟧');

/** A file whose name is written in some way. */
function named(name: string, type: string, disposition: string): Made {
  const part = leaf('application/pdf', 'not really a file', {
    charset: undefined,
    encoding: 'base64',
    parameters: type,
    head: [`Content-Disposition: attachment${disposition}`],
  });
  return made(`a file: ${name}`, mixed(body(), part));
}

const NAMES: readonly Made[] = [
  named('both names', '; name="a.pdf"', '; filename="a.pdf"'),
  named('only a name', '; name="a.pdf"', ''),
  named('only a file name', '', '; filename="a.pdf"'),
  named('two names that differ', '; name="a.exe"', '; filename="a.pdf"'),
  named('without quotes', '; name=a.pdf', '; filename=a.pdf'),
  named('RFC 2231', '', "; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf"),
  named('RFC 2231, continued', '', '; filename*0="a-long-";\n filename*1="name.pdf"'),
  named('RFC 2231, continued and encoded', '', "; filename*0*=utf-8''Gr%C3%BC;\n filename*1*=%C3%9Fe.pdf"),
  named('RFC 2231 beside the plain name', '', '; filename="a.pdf";\n filename*=utf-8\'\'b.exe'),
  named('an encoded word, against RFC 2047', '', '; filename="=?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?="'),
  named('UTF-8 as it is', '', '; filename="Gr\xc3\xbc\xc3\x9fe.pdf"'),
  named('quoted quotes', '', '; filename="a \\"b\\".pdf"'),
  named('a semicolon inside', '', '; filename="a;b.pdf"'),
  named('folded', ';\n\tname="a.pdf"', ';\n\tfilename="a.pdf"'),
  named('no name', '', ''),
  named('a path', '', '; filename="..\\\\..\\\\a.exe"'),
  named('capitals', '; NAME="A.PDF"', '; FILENAME="A.PDF"'),
  named('a comment', '', ' (a comment); filename="a.pdf"'),
];

const UUENCODED = '⟦Here it is:\n\nbegin 644 a.txt\n&:&5L;&\\*\n`\nend\n⟧';

const FILES: readonly Made[] = [
  made('a program', mixed(body(), file('a.exe', 'application/x-msdownload', 'MZ\u0090'))),
  made('a program that calls itself a picture', mixed(body(), file('a.png', 'image/png', 'MZ'))),
  made('a file of no octets', mixed(body(), file('a.bin', 'application/octet-stream', ''))),
  made('uuencoded in the text', text(UUENCODED)),
  made(
    'a file in quoted-printable',
    mixed(
      body(),
      leaf('text/csv', 'a;b\nü;ö\n', {
        encoding: 'quoted-printable',
        head: ['Content-Disposition: attachment; filename=a.csv'],
      }),
    ),
  ),
  made(
    'a file as it is',
    mixed(
      body(),
      leaf('application/json', '{}\n', {
        charset: undefined,
        head: ['Content-Disposition: attachment; filename=a.json'],
      }),
    ),
  ),
  made(
    'a picture and a file',
    mixed(related(html('<body>⟦<img src="cid:a@x">⟧</body>'), image('a@x')), file('a.pdf')),
  ),
  made(
    'all of it',
    mixed(
      alternative(text('⟦Hello\n⟧'), related(html('<body>⟦<img src="cid:a@x">⟧</body>'), image('a@x'))),
      file('a.pdf'),
      file('b.docx'),
    ),
  ),
  made(
    'an attached multipart',
    mixed(
      body(),
      multi('mixed', [text('inner\n'), file('a.pdf')], {
        head: ['Content-Disposition: attachment'],
      }),
    ),
  ),
  made(
    'only an attached multipart: most readers show it',
    mixed(multi('mixed', [text('⟦inner\n⟧'), file('a.pdf')], { head: ['Content-Disposition: attachment'] })),
  ),
  made(
    'external',
    mixed(
      body(),
      leaf('message/external-body', 'Content-Type: image/png\n\n', {
        charset: undefined,
        parameters: '; access-type=URL; URL="https://example.org/a"',
      }),
    ),
  ),
];

export const ATTACHMENTS: readonly Made[] = [...NAMES, ...FILES];
