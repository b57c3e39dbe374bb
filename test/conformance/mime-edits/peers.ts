/** What other readers see of a message before and after: postal-mime, mailparser with mailsplit, and Python's email. */
import { spawn, spawnSync } from 'node:child_process';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { peerTypes } from '../../shared/mime/peer-trees.ts';
import { type ChangeSet, NEW_FIELD } from './changes.ts';
import { insertionFault } from './insertions.ts';

/** Without what we change on purpose. */
type View = Readonly<Record<string, string>>;

function viewFault(peer: string, was: View, is: View): readonly string[] {
  return Object.keys(was)
    .filter((key) => was[key] !== is[key])
    .map((key) => `${peer}: ${key} differ`);
}

const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['subject', NEW_FIELD.toLowerCase()],
  ...['content-type', 'content-transfer-encoding', 'mime-version'],
]);

interface TreeNode {
  readonly contentType: { readonly parsed: { readonly value: string } };
  readonly childNodes: readonly TreeNode[];
}

function isTreeNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && 'contentType' in value && 'childNodes' in value;
}

function treeOf({ contentType, childNodes }: TreeNode): string {
  return `${contentType.parsed.value}(${childNodes.map(treeOf).join(' ')})`;
}

async function postalView(bytes: Buffer): Promise<View> {
  const parser = new PostalMime({ attachmentEncoding: 'base64' });
  const { headers, attachments } = await parser.parse(bytes);
  const root: unknown = Reflect.get(parser, 'root');
  if (!isTreeNode(root)) throw new Error('postal-mime keeps its tree elsewhere now');
  return {
    parts: treeOf(root),
    attachments: JSON.stringify(attachments),
    fields: JSON.stringify(headers.filter(({ key }) => !LEFT_OUT.has(key))),
  };
}

const QUICK = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

async function mailparserView(bytes: Buffer): Promise<View> {
  const { attachments, headerLines } = await simpleParser(bytes, QUICK);
  const files = attachments.map(({ contentType, filename, cid, checksum, size }) => [
    contentType,
    filename,
    cid,
    checksum,
    size,
  ]);
  return {
    parts: await peerTypes(bytes),
    attachments: JSON.stringify(files),
    fields: headerLines
      .filter(({ key }) => !LEFT_OUT.has(key))
      .map(({ line }) => line)
      .join('\n'),
  };
}

/** Where the two see something else than they did in one of the changed messages, but for what was meant. */
export async function jsPeerFaults(before: Buffer, afters: readonly Buffer[]): Promise<readonly string[]> {
  const [postal, parsed] = [await postalView(before), await mailparserView(before)];
  const faults = afters.map(async (after) => [
    ...viewFault('postal-mime', postal, await postalView(after)),
    ...viewFault('mailparser', parsed, await mailparserView(after)),
  ]);
  return (await Promise.all(faults)).flat();
}

interface PythonPart {
  readonly type: string;
  readonly fields: string;
  readonly labels: string;
  readonly around: string;
  readonly defects: readonly string[];
  readonly payload: string;
  /** base64; only where it differs. */
  readonly text: string;
}

export interface PythonAnswer {
  readonly name: string;
  readonly views: readonly (readonly PythonPart[])[];
}

export interface PythonQuestion {
  readonly name: string;
  readonly messages: readonly Buffer[];
}

export const HAS_PYTHON = spawnSync('python3', ['-c', 'import email']).status === 0;

/** One process for all messages. */
export async function askPython(questions: readonly PythonQuestion[]): Promise<readonly PythonAnswer[]> {
  const child = spawn('python3', [new URL('peer.py', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  for (const { name, messages } of questions) {
    const line = JSON.stringify({ name, messages: messages.map((message) => message.toString('base64')) });
    child.stdin.write(`${line}\n`);
  }
  child.stdin.end();
  if ((await ended) !== 0) throw new Error('python3 did not read the messages');
  const lines = Buffer.concat(chunks).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as PythonAnswer);
}

/** Where Python's email sees something else than it did, but for what was meant. */
export function pythonFaults(
  was: readonly PythonPart[],
  is: readonly PythonPart[],
  set: ChangeSet,
): readonly string[] {
  const types = (parts: readonly PythonPart[]): string => parts.map(({ type }) => type).join(' ');
  if (types(was) !== types(is)) return [`python: parts were ${types(was)} and are ${types(is)}`];
  return was.flatMap((part, index) => {
    const now = is[index];
    return now === undefined
      ? []
      : pythonPartFaults(part, now, set).map((fault) => `python: part ${index}: ${fault}`);
  });
}

function pythonPartFaults(was: PythonPart, is: PythonPart, set: ChangeSet): readonly string[] {
  const faults: string[] = [];
  if (was.fields !== is.fields) faults.push('fields differ');
  if (was.around !== is.around) faults.push('preamble or epilogue differ');
  const defects = is.defects.filter((defect) => !was.defects.includes(defect));
  if (defects.length > 0) faults.push(`new defects: ${defects.join(' ')}`);
  if (was.payload === is.payload) return was.labels === is.labels ? faults : [...faults, 'labels differ'];
  if (was.type !== 'text/plain' && was.type !== 'text/html') return [...faults, 'payload differs'];
  // In another charset the octets are others: the text was compared already.
  if (was.labels !== is.labels) return faults;
  const [before, after] = [was.text, is.text].map((text) => Buffer.from(text, 'base64').toString('latin1'));
  const html = was.type === 'text/html';
  const tried = [
    { html, banner: true, footer: true },
    { html, banner: true, footer: false },
    { html, banner: false, footer: true },
  ].map((wanted) => insertionFault(before ?? '', after ?? '', set, wanted));
  return tried.includes(undefined) ? faults : [...faults, tried[0] ?? ''];
}
