/** Collects what a function's process writes, and cuts it into lines. */

/** CloudWatch would take more; a function that logs without end must not fill the host's memory. */
const MAX_LOG_CHARS = 1024 * 1024;

export type LogRecordOut = Readonly<Record<string, unknown>>;

export interface Output {
  take(text: string): void;
  /** The lines so far, parsed; they are gone afterwards. */
  drain(): readonly LogRecordOut[];
}

/** A line that is a JSON object stays one; every other line is its message. */
function parseLine(line: string): LogRecordOut {
  if (line.startsWith('{')) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) return { ...value };
    } catch {
      return { message: line };
    }
  }
  return { message: line };
}

function parseLines(text: string): readonly LogRecordOut[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '')
    .map(parseLine);
}

/** Text up to a cap. */
interface Part {
  text: string;
  dropped: boolean;
}

function add(part: Part, text: string): void {
  const room = Math.max(0, MAX_LOG_CHARS - part.text.length);
  part.dropped ||= text.length > room;
  part.text += text.slice(0, room);
}

function recordsOf(part: Part): readonly LogRecordOut[] {
  const records = parseLines(part.text);
  if (!part.dropped) return records;
  return [...records, { message: `further output was dropped after ${MAX_LOG_CHARS} characters` }];
}

export function createOutput(): Output {
  let current: Part = { text: '', dropped: false };
  return {
    take: (text) => add(current, text),
    drain: () => {
      const records = recordsOf(current);
      current = { text: '', dropped: false };
      return records;
    },
  };
}
