/** JSON in and out, as the services that speak it do (AWS JSON 1.1 and REST-JSON 1). */
import type { Answer } from './exchange.ts';

export { parseJson } from '../json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function jsonAnswer(
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An error as both protocols read it: the name in a header and in the body. */
export function jsonError(status: number, name: string, message: string): Answer {
  return jsonAnswer(status, { __type: name, message }, { 'x-amzn-errortype': name });
}
