/** The query protocol, in which STS and CloudFormation are called: a form goes in, XML comes out. */
import { randomUUID } from 'node:crypto';
import { type Answer, type Exchange, readBody } from '../exchange.ts';
import { element, type XmlChild } from '../s3/xml.ts';

/** The longest that anybody sends is a template, 51,200 bytes. Against: a body that fills the memory. */
const MAX_REQUEST_BYTES = 64 * 1024;

export interface QueryCall {
  readonly action: string;
  readonly parameters: URLSearchParams;
}

export async function readQuery(exchange: Exchange): Promise<QueryCall | undefined> {
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  if (body === 'too-large') return undefined;
  const parameters = new URLSearchParams(body.toString());
  return { action: parameters.get('Action') ?? '', parameters };
}

function xml(status: number, namespace: string, name: string, content: readonly XmlChild[]): Answer {
  const inner = content.map((child) => child.xml).join('');
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<${name} xmlns="${namespace}">${inner}</${name}>`,
  };
}

export function queryAnswer(namespace: string, action: string, result: readonly XmlChild[]): Answer {
  return xml(200, namespace, `${action}Response`, [
    element(`${action}Result`, result),
    element('ResponseMetadata', [element('RequestId', randomUUID())]),
  ]);
}

/** What every action can fail with. The service's own namespace is not looked at by who reads an error. */
export function queryFailure(status: number, code: string, message: string, namespace = ''): Answer {
  const type = status < 500 ? 'Sender' : 'Receiver';
  return xml(status, namespace, 'ErrorResponse', [
    element('Error', [element('Type', type), element('Code', code), element('Message', message)]),
    element('RequestId', randomUUID()),
  ]);
}

/** For a code `InvalidAction` the message is the action that nobody knows. */
export function queryError(namespace: string, code: string, message: string): Answer {
  const text = code === 'InvalidAction' ? `The stand-in does not implement ${message || 'this'}.` : message;
  return queryFailure(400, code, text, namespace);
}
