import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOrganization } from '../../../local/organization.ts';

const SAMPLE = readFileSync(join(import.meta.dirname, '../../../local/sample/organization.yaml'), 'utf8');
const BLOCK = /^availability:\n(?: {2}.*\n)+/m;

/** The sample with other providers. */
function parse(providers: string, region = 'us-east-1') {
  const text = SAMPLE.replace(BLOCK, providers).replace('region: us-east-1', `region: ${region}`);
  return parseOrganization(text, 'organization.yaml');
}

function providersOf(parsed: ReturnType<typeof parse>): unknown {
  return parsed.ok ? parsed.organization.availability : parsed.problems;
}

function problemsOf(parsed: ReturnType<typeof parse>): string {
  return parsed.ok ? '' : parsed.problems.map(({ message }) => message).join('\n');
}

const one = (text: string): string => `availability:\n  - ${text}\n`;
const BASE = 'arn:aws:lambda:us-east-1:123456789012:function:availability';

describe('[A5] a function is given by', () => {
  it.each([
    ['name', 'availability', BASE],
    ['name and alias', '"availability:live"', `${BASE}:live`],
    ['ARN', BASE, BASE],
    [
      'ARN of another region',
      BASE.replace('us-east-1', 'eu-central-1'),
      BASE.replace('us-east-1', 'eu-central-1'),
    ],
  ])('%s', (_, reference, lambdaArn) => {
    expect(providersOf(parse(one(`{ domain: partner.example, function: ${reference} }`)))).toEqual([
      { domain: 'partner.example', lambdaArn },
    ]);
  });
});

it('[A1] a domain has an EWS endpoint instead', () => {
  const ewsEndpoint = 'https://mail.partner.example/EWS/Exchange.asmx';
  expect(providersOf(parse(one(`{ domain: partner.example, ewsUrl: "${ewsEndpoint}" }`)))).toEqual([
    { domain: 'partner.example', ewsEndpoint },
  ]);
});

it.each(['us-east-1', 'us-west-2', 'eu-west-1'])('[A6] providers exist in %s', (region) => {
  expect(parse(one('{ domain: partner.example, function: availability }'), region).ok).toBe(true);
});

it.each(['eu-central-1', 'ap-southeast-2'])('[A6] they do not in %s, unless none is set', (region) => {
  expect(problemsOf(parse(one('{ domain: partner.example, function: availability }'), region))).toContain(
    'custom availability providers exist in us-east-1, us-west-2, eu-west-1 only',
  );
  expect(problemsOf(parse('', region))).not.toContain('availability');
});

it.each([
  ['{ domain: partner.example }', 'exactly one of the two'],
  [
    '{ domain: partner.example, function: availability, ewsUrl: "https://a.example/EWS" }',
    'exactly one of the two',
  ],
  ['{ domain: partner.example, function: nobody }', 'no function "nobody"'],
  ['{ domain: partner.example, function: "a b" }', 'a name has letters'],
  ['{ domain: example.com, function: availability }', "is the organization's own"],
  ['{ domain: partner.example, ewsUrl: "http://a.example/EWS" }', 'as in https://'],
  ['{ domain: "*", function: availability }', 'a pattern has no place here'],
  [
    '{ domain: partner.example, function: availability }\n  - { domain: partner.example, function: availability }',
    'a second provider for "partner.example"',
  ],
])('%s is refused', (text, problem) => {
  expect(problemsOf(parse(one(text)))).toContain(problem);
});
