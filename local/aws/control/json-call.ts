/** AWS JSON 1.1, in which WorkMail and CloudWatch Logs are called: the operation stands in X-Amz-Target. */
import { type Answer, type Exchange, header, readBody } from '../exchange.ts';
import { isJsonObject, type JsonObject, jsonError, parseJson } from '../json.ts';

/** A request names a few things. Against: a body that fills the memory. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** One operation: its input to its answer. */
export type Operation<T> = (subject: T, input: JsonObject) => Answer | Promise<Answer>;

export type Operations<T> = Readonly<Record<string, Operation<T>>>;

/** Finds the operation `PREFIX.NAME` and calls it. */
export async function handleJson<T>(
  operations: Operations<T>,
  prefix: string,
  subject: T,
  exchange: Exchange,
): Promise<Answer> {
  const target = header(exchange, 'x-amz-target') ?? '';
  const name = target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : '';
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined)
    return jsonError(
      400,
      'UnknownOperationException',
      `The stand-in does not implement ${target || 'this'}.`,
    );
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  const input = body === 'too-large' ? undefined : parseJson(body.toString() || '{}');
  if (!isJsonObject(input)) return jsonError(400, 'SerializationException', 'The body is not a JSON object.');
  return operation(subject, input);
}

/** A text member; undefined when it is absent or something else. */
export function textOf(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  return typeof value === 'string' ? value : undefined;
}

/** Seconds since 1970, as AWS JSON writes a time. */
export function seconds(ms: number): number {
  return ms / 1000;
}
