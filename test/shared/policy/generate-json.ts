/** JSON values for property tests. */
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const domain = fc.constantFrom('example.com', 'Example.ORG', 'a.b.example', 'bücher.example');
export const pattern = fc.constantFrom('*', '*.example.com', 'example.com', 'bob@example.com');
export const oneOrMore = (item: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));

export function record(
  required: Readonly<Record<string, fc.Arbitrary<Json>>>,
  optional: Readonly<Record<string, fc.Arbitrary<Json>>> = {},
): fc.Arbitrary<{ [key: string]: Json }> {
  return fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
}
