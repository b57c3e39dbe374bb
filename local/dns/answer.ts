import * as packet from 'dns-packet';
import { canonicalName, type ZoneRecord } from './record.ts';
import type { Zone } from './zone-data.ts';

/** RFC 1035 §4.1.1 and RFC 6895 §2.3. */
const RCODE = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5 } as const;
type Rcode = (typeof RCODE)[keyof typeof RCODE];

const HEADER_BYTES = 12;
/** What a question without EDNS may be answered in over UDP (RFC 1035 §2.3.4). */
const PLAIN_UDP_BYTES = 512;
/** The most that is sent in one datagram, whatever the question offers: fits an Ethernet frame over IPv6. */
const MAX_UDP_BYTES = 1232;
const MAX_MESSAGE_BYTES = 0xffff;

/**
 * Answers one question in wire format. `undefined`: say nothing (a datagram that is no question, or a name that is
 * meant to time out). Never throws: what cannot be read is answered FORMERR (RFC 1035 §4.1.1).
 */
export function answer(query: Buffer, zone: Zone, transport: 'udp' | 'tcp'): Buffer | undefined {
  const flags = query.length >= HEADER_BYTES ? query.readUInt16BE(2) : undefined;
  // An answer is never answered: two servers would talk for ever.
  if (flags === undefined || (flags & 0x8000) !== 0) return undefined;
  if (((flags >> 11) & 0xf) !== 0) return bareAnswer(query, RCODE.notImp);
  const decoded = decode(query);
  const [question, ...others] = decoded?.questions ?? [];
  if (decoded === undefined || question === undefined || others.length > 0)
    return bareAnswer(query, RCODE.formErr);
  // dns-packet reads labels as UTF-8: a name with other bytes could not be written back as it came.
  if (!/^[ -~]+$/.test(question.name) || hasDotInLabel(query)) return bareAnswer(query, RCODE.formErr);
  if (question.class !== 'IN' && question.class !== 'ANY') return bareAnswer(query, RCODE.refused);

  const opt = decoded.additionals?.find((record) => record.type === 'OPT');
  const response = respond(decoded, question, zone);
  if (response === undefined) return undefined;
  if (opt !== undefined) response.additionals = [ednsOf()];
  const encoded = encode(response);
  if (encoded === undefined) {
    const { id, questions } = response;
    return packet.encode({
      type: 'response',
      id: id ?? 0,
      flags: RCODE.servFail,
      questions: questions ?? [],
    });
  }
  const offered = opt !== undefined && 'udpPayloadSize' in opt ? opt.udpPayloadSize : PLAIN_UDP_BYTES;
  const limit = Math.min(Math.max(offered, PLAIN_UDP_BYTES), MAX_UDP_BYTES);
  if (transport === 'tcp' || encoded.length <= limit) return encoded;
  // RFC 2181 §9: TC makes the asker come again over TCP; what would have fitted is of no use to it.
  return packet.encode({
    ...response,
    flags: (response.flags ?? 0) | packet.TRUNCATED_RESPONSE,
    answers: [],
    authorities: [],
  });
}

function decode(query: Buffer): packet.DecodedPacket | undefined {
  try {
    return packet.decode(query);
  } catch {
    return undefined;
  }
}

/** A dot within a label would be read as the end of it: the answer would be to another question, or to none. */
function hasDotInLabel(query: Buffer): boolean {
  let at = HEADER_BYTES;
  // RFC 1035 §4.1.4: the two high bits make a pointer, which the first name of a message has no use for.
  for (let length = query[at] ?? 0; length > 0 && length < 0xc0; length = query[at] ?? 0) {
    if (query.subarray(at + 1, at + 1 + length).includes('.')) return true;
    at += 1 + length;
  }
  return false;
}

/** Undefined when the zone holds more at one name than a message can carry (RFC 1035 §4.2.2: two octets of length). */
function encode(response: packet.Packet): Buffer | undefined {
  try {
    const encoded = packet.encode(response);
    return encoded.length <= MAX_MESSAGE_BYTES ? encoded : undefined;
  } catch {
    // A record that alone is longer than its length field can say.
    return undefined;
  }
}

function respond(
  query: packet.DecodedPacket,
  question: packet.Question,
  zone: Zone,
): packet.Packet | undefined {
  const found = zone.lookup(canonicalName(question.name === '.' ? '' : question.name), question.type);
  if (found.kind === 'timeout') return undefined;
  const recursionDesired = query.flag_rd ? packet.RECURSION_DESIRED : 0;
  const base = { type: 'response' as const, id: query.id ?? 0, questions: [question] };
  if (found.kind === 'servfail') return { ...base, flags: recursionDesired | RCODE.servFail };
  // RFC 6604 §2.1: after a CNAME, the code is that of the last name.
  const rcode: Rcode = found.kind === 'nxdomain' ? RCODE.nxDomain : RCODE.noError;
  return {
    ...base,
    flags: packet.AUTHORITATIVE_ANSWER | recursionDesired | rcode,
    answers: found.records.map(toWire),
    // RFC 2308 §3: the SOA tells how long the absence may be remembered.
    authorities: found.kind === 'answer' || found.soa === undefined ? [] : [toWire(found.soa)],
  };
}

function toWire(record: ZoneRecord): packet.Answer {
  const base = { name: wireName(record.name), ttl: record.ttl, class: 'IN' as const };
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { ...base, type: record.type, data: record.data };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...base, type: record.type, data: wireName(record.data) };
    case 'MX':
      return {
        ...base,
        type: 'MX',
        data: { preference: record.data.preference, exchange: wireName(record.data.exchange) },
      };
    case 'TXT':
      return { ...base, type: 'TXT', data: record.data.map((part) => Buffer.from(part)) };
    case 'SRV':
      return { ...base, type: 'SRV', data: { ...record.data, target: wireName(record.data.target) } };
    case 'SOA': {
      const names = { mname: wireName(record.data.mname), rname: wireName(record.data.rname) };
      return { ...base, type: 'SOA', data: { ...record.data, ...names } };
    }
    case 'CAA':
      return { ...base, type: 'CAA', data: { ...record.data } };
  }
}

/** dns-packet writes the root as `.`. */
function wireName(name: string): string {
  return name === '' ? '.' : name;
}

function ednsOf(): packet.OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: MAX_UDP_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/** A header alone: for what could not be read well enough to repeat the question. */
function bareAnswer(query: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | (query.readUInt16BE(2) & 0x7900) | rcode, 2);
  return header;
}
