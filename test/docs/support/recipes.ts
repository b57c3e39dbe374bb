/** The recipes of the docs: a policy, a message, and what comes of it, as blocks of a page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RECIPES = join(import.meta.dirname, '../../../docs/recipes');

/** What the line above the message says of its way. */
export interface Envelope {
  readonly direction: 'inbound' | 'outbound';
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly firstContact: boolean | undefined;
  readonly at: number;
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Recipe extends Envelope {
  /** `banners: A banner on mail from outside`. */
  readonly name: string;
  readonly policy: string;
  /** With CRLF line ends, as it travels. */
  readonly message: Buffer;
  /** Undefined: the content stays as it is. */
  readonly becomes: string | undefined;
  readonly happens: string | undefined;
}

/** The time of recipes that name none: when their messages are dated. */
const NOON = Date.parse('2026-11-20T12:00:00Z');

/** Every recipe of every page, in the order of the pages. Throws for a page that is not written as a recipe is. */
export function readRecipes(): readonly Recipe[] {
  return readdirSync(RECIPES)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .flatMap((file) => recipesOf(file.replace(/\.md$/, ''), readFileSync(join(RECIPES, file), 'utf8')));
}

function recipesOf(page: string, text: string): readonly Recipe[] {
  const [, ...sections] = text.split(/^## /m);
  return sections.map((section) =>
    readRecipe(`${page}: ${section.slice(0, section.indexOf('\n'))}`, section),
  );
}

function readRecipe(name: string, section: string): Recipe {
  const policy = /```yaml\n([\s\S]*?)```/.exec(section)?.[1];
  const [, envelope, message] = /^((?:Inbound|Outbound), .*):\n\n```text\n([\s\S]*?)```/m.exec(section) ?? [];
  if (policy === undefined || envelope === undefined || message === undefined)
    throw new Error(
      `${name}: a recipe has a policy, and a message below a line such as "Inbound, from <a@b> to <c@d>:"`,
    );
  return {
    name,
    policy,
    message: Buffer.from(message.replaceAll('\n', '\r\n')),
    becomes: /^The message becomes:\n\n```text\n([\s\S]*?)```/m.exec(section)?.[1],
    happens: /^What happens:\n\n```text\n([\s\S]*?)```/m.exec(section)?.[1],
    ...readEnvelope(name, envelope),
  };
}

function readEnvelope(name: string, text: string): Envelope {
  const [way = '', ...more] = text.split('; ');
  const [, direction, sender, recipients] = /^(Inbound|Outbound), from <(.*?)> to (<.+>)$/.exec(way) ?? [];
  if (sender === undefined || recipients === undefined) throw new Error(`${name}: cannot read "${way}"`);
  const at = more.find((one) => one.startsWith('at '))?.slice('at '.length);
  const groups = more
    .filter((one) => one.startsWith('group '))
    .map((one) => one.slice('group '.length).split(' = '));
  return {
    direction: direction === 'Outbound' ? 'outbound' : 'inbound',
    sender,
    recipients: addresses(recipients),
    firstContact: more.includes('first contact') ? true : undefined,
    at: at === undefined ? NOON : Date.parse(at),
    groups: new Map(groups.map(([group = '', members = '']) => [group, new Set(addresses(members))])),
  };
}

function addresses(text: string): string[] {
  return text.split(', ').map((one) => one.slice(1, -1));
}
