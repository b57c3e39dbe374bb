/**
 * Holds a report against dmarc-aggregate-2.0.xsd: as much of XML Schema as that file uses (all, sequence, any, enumerations, the
 * numbers of elements). `xmllint --schema` says the same where it is installed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { REPORT_NAMESPACE } from '../../../../shared/reports/aggregate/model.ts';

const CORPORA = process.env['MAILROOM_CORPORA'];
/** Undefined where the corpora are not on this machine. */
export const XSD_PATH =
  CORPORA === undefined ? undefined : join(CORPORA, 'standards', 'dmarc-aggregate-2.0.xsd');
export const SAMPLE_PATH =
  CORPORA === undefined ? undefined : join(CORPORA, 'standards', 'dmarc-aggregate-2.0-sample.xml');

interface Element {
  readonly name: string;
  readonly uri: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

function parse(xml: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const root: Element = { name: '', uri: '', attributes: {}, children: [], text: '' };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri, attributes }) => {
    const values = Object.entries(attributes).map(([name, { value }]) => [name, value] as const);
    const element = { name: local, uri, attributes: Object.fromEntries(values), children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(xml).close();
  return root;
}

const BUILT_IN: Readonly<Record<string, RegExp>> = {
  'xs:string': /^[\s\S]*$/,
  'xs:integer': /^\s*[+-]?\d+\s*$/,
  'xs:decimal': /^\s*[+-]?\d+(\.\d*)?\s*$/,
};

/** What is wrong with a report; empty when nothing is. */
export function schemaProblems(xml: string, xsdPath: string): readonly string[] {
  const schema = parse(readFileSync(xsdPath, 'utf8')).children[0];
  const types = new Map(schema?.children.map((type) => [type.attributes['name'] ?? '', type]));
  const root = parse(xml).children[0];
  if (root?.name !== 'feedback' || root.uri !== REPORT_NAMESPACE) return ['the root is not feedback'];
  const problems: string[] = [];
  const checkText = (element: Element, type: Element | undefined, name: string, at: string): void => {
    if (element.children.length > 0) problems.push(`${at}: elements where text is meant`);
    const values = type?.children[0]?.children.map(({ attributes }) => attributes['value']) ?? [];
    const fits = type === undefined ? BUILT_IN[name]?.test(element.text) : values.includes(element.text);
    if (fits !== true) problems.push(`${at}: ${JSON.stringify(element.text)} is no ${name}`);
  };
  const check = (element: Element, declared: Element, at: string): void => {
    const name = declared.attributes['type'] ?? '';
    const type = types.get(name) ?? declared.children.find((child) => child.name === 'complexType');
    const content = type?.children.find((child) => child.name === 'all' || child.name === 'sequence');
    if (type?.name === 'simpleType' || type === undefined) checkText(element, type, name, at);
    else if (content === undefined) checkText(element, undefined, 'xs:string', at);
    else checkContent(element, content, at);
  };
  const checkContent = (element: Element, content: Element, at: string): void => {
    if (element.text.trim() !== '') problems.push(`${at}: text between elements`);
    const expected = content.children.map(({ attributes }) => attributes['name']);
    const places = element.children.map(({ name }) => expected.indexOf(name));
    if (content.name === 'sequence' && places.some((place, index) => place < (places[index - 1] ?? 0)))
      problems.push(`${at}: the elements are not in their order`);
    for (const declared of content.children.filter(({ name }) => name === 'element')) {
      const { name = '', minOccurs = '1', maxOccurs = '1' } = declared.attributes;
      const found = element.children.filter((child) => child.name === name && child.uri === REPORT_NAMESPACE);
      if (found.length < Number(minOccurs)) problems.push(`${at}: ${name} is missing`);
      if (maxOccurs !== 'unbounded' && found.length > Number(maxOccurs))
        problems.push(`${at}: ${name} twice`);
      for (const each of found) check(each, declared, `${at}/${name}`);
    }
    for (const { name } of element.children) if (!expected.includes(name)) problems.push(`${at}: ${name}?`);
  };
  const declared = types.get('feedback');
  if (declared === undefined) return ['the schema has no feedback'];
  check(root, declared, 'feedback');
  return problems;
}
