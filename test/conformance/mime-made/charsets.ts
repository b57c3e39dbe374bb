/** Text as octets of a charset, worked out from what TextDecoder reads: the encoders that the library has take no part in it. */

const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Every character of one or two octets. Of several ways to write it the first is taken. */
function tableOf(charset: string): ReadonlyMap<string, readonly number[]> {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const decoder = new TextDecoder(charset, { fatal: true });
  const table = new Map<string, readonly number[]>();
  const learn = (...octets: readonly number[]): void => {
    try {
      const text = decoder.decode(Uint8Array.from(octets));
      if ([...text].length === 1 && !table.has(text)) table.set(text, octets);
    } catch {
      // These octets are no character of the charset.
    }
  };
  for (let octet = 0; octet < 256; octet++) learn(octet);
  if (!/^(?:windows|iso-8859|koi8|macintosh|us-ascii)/.test(charset)) {
    for (let lead = 0x81; lead < 0xff; lead++)
      for (let trail = 0x40; trail < 0xff; trail++) learn(lead, trail);
  }
  tables.set(charset, table);
  return table;
}

function byTable(charset: string, text: string): Buffer {
  const table = tableOf(charset);
  return Buffer.concat(
    [...text].map((char) => {
      const octets = table.get(char);
      if (octets === undefined) throw new Error(`${charset} has no ${char}`);
      return Uint8Array.from(octets);
    }),
  );
}

/** RFC 1468: the octets of EUC-JP without their high bit, between two escapes. */
function iso2022jp(text: string): Buffer {
  const runs = text.match(/\p{ASCII}+|\P{ASCII}+/gu) ?? [];
  return Buffer.concat(
    runs.map((run) => {
      if (/^\p{ASCII}/u.test(run)) return Buffer.from(run, 'latin1');
      const seven = byTable('euc-jp', run).map((octet) => octet & 0x7f);
      return Buffer.concat([Buffer.from('\x1b$B', 'latin1'), seven, Buffer.from('\x1b(B', 'latin1')]);
    }),
  );
}

/** RFC 2152: what is not ASCII in base64 of UTF-16, between "+" and "-". */
function utf7(text: string): Buffer {
  const coded = text.replaceAll('+', '+-').replaceAll(/\P{ASCII}+/gu, (run) => {
    const base64 = Buffer.from(run, 'utf16le').swap16().toString('base64').replaceAll('=', '');
    return `+${base64}-`;
  });
  return Buffer.from(coded, 'latin1');
}

/** `text` in a charset; throws where the charset has no such character. */
export function encodeIn(charset: string, text: string): Buffer {
  switch (charset.toLowerCase()) {
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'us-ascii':
      if (/\P{ASCII}/u.test(text)) throw new Error(`no ASCII: ${text}`);
      return Buffer.from(text, 'latin1');
    case 'utf-16le':
      return Buffer.from(text, 'utf16le');
    case 'utf-16':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'utf-7':
      return utf7(text);
    case 'iso-2022-jp':
      return iso2022jp(text);
    default:
      return byTable(charset.toLowerCase(), text);
  }
}
