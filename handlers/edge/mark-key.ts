/**
 * The key of the mark (`shared/workmail/mark.ts`): `kms://KEYID` for a key that never leaves KMS (HMAC_256, used by
 * GenerateMac), `ssm://NAME` for a SecureString, or a file. Of the last two each line is a key of at least 32 bytes, the
 * newest first: it makes the marks, and the others only still verify. With KMS the rotation is one of keys behind an
 * alias: what is in transit meanwhile, and is called again, does not verify any more.
 */
import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import { PermanentError } from '../../shared/errors.ts';
import {
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from '../../shared/workmail/aws-errors.ts';
import { localMac, type MarkKey, type MarkMac, MIN_MARK_KEY_BYTES } from '../../shared/workmail/mark.ts';
import type { ResourceReader } from './resource.ts';

const VARIABLE = 'MAILROOM_MARK_KEY_URI';
/** SSM holds 8 KB at most; a longer file is not a key. */
const MAX_KEY_BYTES = 8_192;
/** A mark that is none of ours costs one HMAC for each key; more than these is no rotation. */
const MAX_KEYS = 3;
const LF = 0x0a;
const CR = 0x0d;

export interface MarkKeyOptions {
  readonly uri: string | undefined;
  readonly resources: ResourceReader;
  /** Added to the KMS client's configuration. */
  readonly kms?: KMSClientConfig;
}

export interface MarkKeySource {
  /**
   * The key, all generations of it. Throws TemporaryError or PermanentError when it cannot be had; with KMS it is the
   * MAC that throws. It is read once and kept for the life of the process; a failure is not kept.
   */
  load(signal: AbortSignal): Promise<MarkKey>;
}

/**
 * Undefined when no key is named. Nothing is asked before the first MAC is wanted, so a message without a mark can be
 * kept while the key is out of reach.
 */
export function createMarkKey({ uri, resources, kms }: MarkKeyOptions): MarkKeySource | undefined {
  if (uri === undefined) return undefined;
  let key: MarkKey | undefined = uri.startsWith('kms://')
    ? [kmsMac(uri.slice('kms://'.length), kms ?? {})]
    : undefined;
  return {
    async load(signal) {
      key ??= await readKey(uri, resources, signal);
      return key;
    },
  };
}

async function readKey(uri: string, resources: ResourceReader, signal: AbortSignal): Promise<MarkKey> {
  const bytes = await resources.read(uri, VARIABLE, MAX_KEY_BYTES, signal);
  const [newest, ...older] = linesOf(bytes).map(macOf);
  if (newest === undefined) throw new PermanentError(`${VARIABLE}: there is no key`);
  if (older.length >= MAX_KEYS) throw new PermanentError(`${VARIABLE}: more than ${MAX_KEYS} keys`);
  return [newest, ...older];
}

function macOf(key: Uint8Array): MarkMac {
  if (key.length >= MIN_MARK_KEY_BYTES) return localMac(key);
  throw new PermanentError(`${VARIABLE}: a key has fewer than ${MIN_MARK_KEY_BYTES} bytes`);
}

/** Without the line ends, and without empty lines: editors and `echo` end a file with one that is not part of the key. */
function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) continue;
    if (at > start) lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return lines;
}

function kmsMac(keyId: string, config: KMSClientConfig): MarkMac {
  let loading: Promise<{ sdk: typeof import('@aws-sdk/client-kms'); client: KMSClient }> | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-kms');
    const client = new sdk.KMSClient({
      maxAttempts: SDK_MAX_ATTEMPTS,
      requestHandler: SDK_REQUEST_HANDLER,
      ...config,
    });
    return { sdk, client };
  };
  return async (data, signal) => {
    try {
      loading ??= load();
      const { sdk, client } = await loading;
      const command = new sdk.GenerateMacCommand({
        KeyId: keyId,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: data,
      });
      const { Mac } = await withSignal(client.send(command, { abortSignal: signal }), signal);
      if (Mac === undefined) throw new PermanentError('kms GenerateMac: the answer carries no MAC');
      return Mac;
    } catch (error) {
      throw decideAwsError(error, 'kms GenerateMac', signal);
    }
  };
}
