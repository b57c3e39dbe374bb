/** `manifest.json` beside the zips: what was packaged, so that what is deployed can be compared with it. */
import { PermanentError } from '../../shared/errors.ts';

export const MANIFEST_FILE = 'manifest.json';

export interface PackagedHandler {
  /** File name of the zip; its key in S3 is the prefix and this. */
  readonly zip: string;
  readonly zipBytes: number;
  /** As Lambda says it of a function that has this zip. */
  readonly codeSha256: string;
  /** Of each file in the zip: SHA-256, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly version: 1;
  /** By handler. */
  readonly handlers: Readonly<Record<string, PackagedHandler>>;
}

/** The text of the file; the same for the same zips. */
export function writeManifest(handlers: ReadonlyMap<string, PackagedHandler>): string {
  const manifest: Manifest = { version: 1, handlers: Object.fromEntries(handlers) };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

type Values = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHandler(value: unknown): value is PackagedHandler {
  if (!isRecord(value) || !isRecord(value['files'])) return false;
  const texts = [value['zip'], value['codeSha256'], ...Object.values(value['files'])];
  return texts.every((text) => typeof text === 'string') && typeof value['zipBytes'] === 'number';
}

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['handlers'])) return false;
  return Object.values(value['handlers']).every(isHandler);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the text of the file. Throws PermanentError when it is none. */
export function readManifest(text: string): Manifest {
  const value = parsed(text);
  if (!isManifest(value)) throw new PermanentError(`not a ${MANIFEST_FILE} of "mailroom package"`);
  return value;
}
