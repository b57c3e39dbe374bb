/** Cuts the output of a function's process into invocations and lines. */

/** CloudWatch would take more; a function that logs without end must not fill the host's memory. */
const MAX_LOG_CHARS = 1024 * 1024;

export type LogRecordOut = Readonly<Record<string, unknown>>;

export interface Output {
  take(text: string): void;
  /** From now on `mark` (after a NUL, before LF) ends an invocation; `onEnd` is called when it is seen. */
  expect(mark: string, onEnd: () => void): void;
  /** The lines up to the mark (or all there are), parsed; they are gone afterwards. */
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
  /** What an invocation wrote whose mark was seen. */
  let finished: Part | undefined;
  /** The last characters that came, in which the mark may stand across two chunks. */
  let tail = '';
  let waiting: { readonly mark: string; readonly onEnd: () => void } | undefined;

  return {
    take: (text) => {
      const joined = tail + text;
      const mark = waiting === undefined ? '' : `\0${waiting.mark}\n`;
      const end = waiting === undefined ? -1 : joined.indexOf(mark);
      if (waiting === undefined || end === -1) {
        const held = Math.min(joined.length, Math.max(0, mark.length - 1));
        add(current, joined.slice(0, joined.length - held));
        tail = joined.slice(joined.length - held);
        return;
      }
      add(current, joined.slice(0, end));
      finished = current;
      current = { text: '', dropped: false };
      tail = joined.slice(end + mark.length);
      const { onEnd } = waiting;
      waiting = undefined;
      onEnd();
    },
    expect: (mark, onEnd) => {
      waiting = { mark, onEnd };
    },
    drain: () => {
      if (finished === undefined) {
        // Without its mark the invocation was cut short: what is held back belongs to it.
        add(current, tail);
        tail = '';
        finished = current;
        current = { text: '', dropped: false };
        waiting = undefined;
      }
      const records = recordsOf(finished);
      finished = undefined;
      return records;
    },
  };
}
