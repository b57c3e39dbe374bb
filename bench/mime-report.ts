/** The figures of the MIME library as a person reads them: ratios to us, and the aim beside what was reached. */
import { LIMIT_MS, type MimeFigures, type MimeResult, type Reader, type Reading } from './mime.ts';
import { LARGEST } from './mime-messages.ts';
import { RULES } from './mime-rules.ts';
import { formatTable, ratio, tenths, whole } from './table.ts';

const MEGABYTE = 1024 * 1024;

/** Of the largest message: so many times as long as us. */
const AIM_MAILSPLIT = 10;
const AIM_PYTHON = 50;
/** Beside the message itself. */
const AIM_PEAK_BYTES = 60 * MEGABYTE;
const AIM_HOSTILE_MS = 500;
const AIM_RULES_MS = 20;

type Read = Extract<Reading, { kind: 'read' }>;

const isRead = (reading: Reading | undefined): reading is Read => reading?.kind === 'read';
const megabytes = (bytes: number): string => whole(bytes / MEGABYTE);
const usualMs = ({ warmMs, firstMs }: Read): number => warmMs ?? firstMs;

function gaveUp(reading: Reading): string {
  return reading.kind === 'too-slow' ? `over ${LIMIT_MS / 1000} s` : 'refused';
}

function readingOf(results: readonly MimeResult[], message: string, reader: string): Read | undefined {
  const readings = results.find((result) => result.message === message)?.readings ?? [];
  const reading = readings.find((each) => each.reader.name === reader)?.reading;
  return isRead(reading) ? reading : undefined;
}

function messageRows({ message, readings }: MimeResult): string[][] {
  const measure = readings[0]?.reading;
  return readings.map(({ reader, reading }, index) => {
    const name = [index === 0 ? message : '', reader.name];
    if (!isRead(reading)) return [...name, gaveUp(reading)];
    const times = isRead(measure) ? ratio(usualMs(reading) / usualMs(measure)) : '-';
    const warm = reading.warmMs === undefined ? '-' : reading.warmMs.toFixed(2);
    return [...name, times, warm, tenths(reading.firstMs), megabytes(reading.peakBytes)];
  });
}

/** What the largest message shows against the aims. */
function aimLines(results: readonly MimeResult[]): string {
  const ours = readingOf(results, LARGEST, 'mailroom');
  const bytes = results.find(({ message }) => message === LARGEST)?.bytes ?? 0;
  if (ours === undefined) return '';
  const times = (name: Reader['name']): string => {
    const peer = readingOf(results, LARGEST, name);
    return peer === undefined ? 'not measured' : ratio(usualMs(peer) / usualMs(ours));
  };
  const rows = [
    [`At ${LARGEST}`, 'reached', 'aim'],
    ['mailsplit takes, times us', times('mailsplit'), ratio(AIM_MAILSPLIT)],
    ['python takes, times us', times('python'), ratio(AIM_PYTHON)],
    ['peak MB', megabytes(ours.peakBytes), megabytes(bytes + AIM_PEAK_BYTES)],
  ];
  return formatTable(rows);
}

function hostileRow({ message, readings }: MimeResult): string[] {
  const [ours, ...peers] = readings.map(({ reading }) => reading);
  if (!isRead(ours)) return [message, ours === undefined ? '-' : gaveUp(ours)];
  const beside = peers.map((peer) => (isRead(peer) ? ratio(peer.firstMs / ours.firstMs) : gaveUp(peer)));
  const own = [ratio(ours.firstMs / AIM_HOSTILE_MS), whole(ours.firstMs), megabytes(ours.peakBytes)];
  return [message, ...own, ours.banner ?? '-', ...beside];
}

function hostileTable(results: readonly MimeResult[]): string {
  const peers = results[0]?.readings.slice(1).map(({ reader }) => reader.name) ?? [];
  const head = ['', 'of the aim', 'ms', 'peak MB', 'banner', ...peers];
  return formatTable([head, ...results.map(hostileRow)]);
}

function rulesLine(results: readonly MimeResult[]): string {
  const reading = results[0]?.readings[0]?.reading;
  if (!isRead(reading)) return '';
  return (
    `${RULES} rules against one message of ${results[0]?.message}, from its octets on: ${tenths(usualMs(reading))} ms warm, ` +
    `${tenths(reading.firstMs)} ms at the first call; the aim: ${AIM_RULES_MS} ms.\n`
  );
}

/** Ratios are to the first reader of each message, which is ours. */
export function mimeReport({ messages, hostile, rules, hasPython }: MimeFigures, runs: number): string {
  if (messages.length === 0) return '';
  const head = ['', '', 'ratio', 'warm ms', 'first ms', 'peak MB'];
  const worst = hostile.filter(({ readings }) => {
    const ours = readings[0]?.reading;
    return !isRead(ours) || ours.firstMs > AIM_HOSTILE_MS;
  });
  return (
    `MIME: parse, banner, write, beside a pass-through (mailsplit), parsers, and AWS's samples (python); medians of ${runs} fresh\n` +
    `processes each, in turn. Ratios of warm times to ours; peak: what the process takes beyond an empty one.\n` +
    `${hasPython ? '' : 'Python is not measured: there is no /usr/bin/python3.\n'}\n` +
    `${formatTable([head, ...messages.flatMap(messageRows)])}\n${aimLines(messages)}\n` +
    `Hostile, 5 MB each: the whole step at its first call. The aim: ${AIM_HOSTILE_MS} ms; over it: ${worst.length} of ${hostile.length}.\n` +
    `Of the peers the ratio to our time.\n\n${hostileTable(hostile)}\n${rulesLine(rules)}`
  );
}
