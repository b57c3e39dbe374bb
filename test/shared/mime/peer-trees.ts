/** The parts that another reader finds: the splitter that mailparser brings along, which shares no code with ours. */
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { parseMessage } from '../../../shared/mime/index.ts';

interface SplitterOptions {
  readonly ignoreEmbedded: boolean;
  readonly maxHeadSize: number;
  readonly maxChildNodes: number;
}

const fromMailparser = createRequire(createRequire(import.meta.url).resolve('mailparser'));
const { Splitter } = fromMailparser('@zone-eu/mailsplit') as {
  readonly Splitter: new (options: SplitterOptions) => Duplex;
};

interface SplitNode {
  readonly type: 'node';
  readonly contentType: string | false;
}

function isNode(value: unknown): value is SplitNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'node' &&
    'contentType' in value
  );
}

/** Media types in document order, as mailsplit sees them; without one it is text/plain. */
export async function peerTypes(bytes: Buffer): Promise<string> {
  const splitter = new Splitter({ ignoreEmbedded: true, maxHeadSize: 1e8, maxChildNodes: 1e6 });
  const types: string[] = [];
  splitter.end(bytes);
  for await (const piece of splitter) if (isNode(piece)) types.push(piece.contentType || 'text/plain');
  return types.join(' ');
}

export function ownTypes(bytes: Buffer): string {
  return parseMessage(bytes)
    .parts.map(({ contentType }) => contentType.mediaType)
    .join(' ');
}
