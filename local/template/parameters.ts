/** A template's parameters: their defaults, and what CloudFormation refuses. */
import { asText } from './intrinsics.ts';
import { isList, isMap, TemplateError, type TemplateMap, type TemplateValue } from './types.ts';

function listed(value: string): readonly string[] {
  return value.split(',').map((item) => item.trim());
}

/** Why CloudFormation would refuse the value of a parameter; undefined when it would not. */
function complaint(value: string, declaration: TemplateMap): string | undefined {
  const { AllowedPattern, AllowedValues, Type, MinValue, MaxValue, MinLength, MaxLength } = declaration;
  if (typeof AllowedPattern === 'string') {
    const pattern = new RegExp(`^(?:${AllowedPattern})$`);
    // Of a list each value has to match.
    const values = Type === 'CommaDelimitedList' ? listed(value) : [value];
    if (!values.every((one) => pattern.test(one))) return `does not match ${AllowedPattern}`;
  }
  if (isList(AllowedValues) && !AllowedValues.map(String).includes(value))
    return `is none of ${AllowedValues.join(', ')}`;
  if (Type === 'Number') {
    if (value.trim() === '' || !Number.isFinite(Number(value))) return 'is not a number';
    if (MinValue !== undefined && Number(value) < Number(MinValue)) return `is less than ${MinValue}`;
    if (MaxValue !== undefined && Number(value) > Number(MaxValue)) return `is more than ${MaxValue}`;
  }
  if (MinLength !== undefined && value.length < Number(MinLength)) return `is shorter than ${MinLength}`;
  if (MaxLength !== undefined && value.length > Number(MaxLength)) return `is longer than ${MaxLength}`;
  return undefined;
}

/** The value of every parameter. Throws TemplateError for an unknown, missing or refused one. */
export function parameterValues(
  declared: TemplateValue | undefined,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const declarations = isMap(declared) ? declared : {};
  const unknown = Object.keys(given).find((name) => declarations[name] === undefined);
  if (unknown !== undefined) throw new TemplateError(`Parameters.${unknown}: there is no such parameter`);
  const values = new Map<string, string>();
  for (const [name, declaration] of Object.entries(declarations)) {
    const place = `Parameters.${name}`;
    if (!isMap(declaration)) throw new TemplateError(`${place}: expected a map`);
    const value = given[name] ?? declaration['Default'];
    if (value === undefined) throw new TemplateError(`${place}: has no default and was not given`);
    const text = asText(value, place);
    const why = complaint(text, declaration);
    if (why !== undefined) throw new TemplateError(`${place}: "${text}" ${why}`);
    values.set(name, text);
  }
  return values;
}

/** What `Ref` gives for a parameter: a list for the types that are lists. */
export function parameterRef(declaration: TemplateValue | undefined, value: string): TemplateValue {
  const type = isMap(declaration) ? declaration['Type'] : undefined;
  const isListType = type === 'CommaDelimitedList' || String(type).startsWith('List<');
  return isListType ? listed(value) : value;
}
