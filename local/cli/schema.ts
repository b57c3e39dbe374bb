/** `mailroom schema`: the JSON Schema of the policy file. */
import { policyJsonSchema } from '../../shared/policy/index.ts';
import { EXIT, readArguments } from './usage.ts';

const HELP = `Usage: mailroom schema

Prints the JSON Schema (draft 7) of the policy file. Editors with YAML support use it to complete and explain keys:
save it beside the policy and begin the policy with

  # yaml-language-server: $schema=policy.schema.json
`;

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments({ args, options: { help: { type: 'boolean', short: 'h' } } });
  process.stdout.write(values.help === true ? HELP : `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
  return EXIT.fine;
}
