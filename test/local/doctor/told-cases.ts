/** What the doctor is told otherwise than it is deployed: the region, the stack, the code to compare with, the flow rules. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/folders.ts';
import { type Administrator, DIST, ORGANIZATION, type Overrides, rules, rulesText } from './world.ts';

const NO_ORGANIZATION = ORGANIZATION.replace(/0/u, 'f');

/** Changes something and gives the way back. */
export type Change = (as: Administrator) => Promise<() => Promise<unknown>>;

export interface Case {
  readonly name: string;
  readonly change?: Change;
  readonly overrides?: () => Overrides;
  readonly red: readonly string[];
  readonly meaning: RegExp;
}

export const TOLD_CASES: readonly Case[] = [
  {
    name: 'the region is a wrong one',
    overrides: () => ({ region: 'eu-west-1' }),
    red: [`fail organization (${ORGANIZATION})`],
    meaning: /no such organization in eu-west-1/,
  },
  {
    // What works must not turn red by it, or its mends would carry the wrong id into the deployment.
    name: 'the id of the organization is a wrong one',
    overrides: () => ({ organizationId: NO_ORGANIZATION }),
    red: [`fail organization (${NO_ORGANIZATION})`],
    meaning: /no such organization in us-east-1/,
  },
  {
    name: 'the stack has another name',
    overrides: () => ({ stackName: 'mailrom' }),
    red: ['fail stack (mailrom)'],
    meaning: /no stack of this name/,
  },
  {
    name: 'the functions run older code',
    overrides: () => {
      const dist = temporaryFolder('dist');
      cpSync(DIST, dist, { recursive: true });
      writeFileSync(join(dist, 'mailflow', 'index.mjs'), '// newer\n');
      return { distDir: dist };
    },
    red: ['fail function-code (mailflow)'],
    meaning: /index\.mjs/,
  },
  {
    name: 'another rule takes all mail',
    overrides: () => ({
      rules: rules(
        rulesText({ inbound: '  - { name: spam trap, action: drop, senders: "*", recipients: "*" }' }),
      ),
    }),
    red: ['fail rule-shadowed (inbound rule "mailflow")'],
    meaning: /"spam trap" \(drop\) takes all mail/,
  },
  {
    name: 'a rule has another name in the console than in the file',
    overrides: () => ({ rules: rules(rulesText().replace('name: mailflow,', 'name: mailflov,')) }),
    red: ['warn rule-fired (inbound rule "mailflov")'],
    meaning: /Rules that acted: "mailflow"\.$/,
  },
  {
    name: 'another rule takes some mail',
    overrides: () => ({
      rules: rules(
        rulesText({
          inbound: '  - { name: partner, action: default, senders: good.example, recipients: "*" }',
        }),
      ),
    }),
    red: ['warn rule-shadowed (inbound rule "mailflow")'],
    meaning: /"partner" \(default\) takes mail from good\.example/,
  },
  {
    name: 'the fallback lets unchecked mail in',
    overrides: () => ({ rules: rules(rulesText({ fallback: 'default' })) }),
    red: ['warn rule-fallback (inbound rule "mailflow")'],
    meaning: /not checked reaches the inbox/,
  },
  {
    name: 'there is no rule for one direction',
    overrides: () => ({ rules: rules(rulesText().split('outbound:')[0]) }),
    red: ['fail rule-present (outbound)'],
    meaning: /No outbound rule calls Mailroom/,
  },
  {
    name: 'nobody tells the rules',
    overrides: () => ({ rules: undefined }),
    red: ['unknown rules-known (the console)'],
    meaning: /no API/,
  },
];
