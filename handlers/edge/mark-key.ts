/**
 * The key of the mark (`shared/workmail/mark.ts`): `kms://KEYID` for a key that never leaves KMS (HMAC_256, used by
 * GenerateMac), `ssm://NAME` for a SecureString, or a file. Of the last two the bytes are the key, without a line end
 * after them: at least 32.
 */
import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import { PermanentError } from '../../shared/errors.ts';
import {
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from '../../shared/workmail/aws-errors.ts';
import { localMac, type MarkMac, MIN_MARK_KEY_BYTES } from '../../shared/workmail/mark.ts';
import type { ResourceReader } from './resource.ts';

const VARIABLE = 'MAILROOM_MARK_KEY_URI';
/** SSM holds 8 KB at most; a longer file is not a key. */
const MAX_KEY_BYTES = 8_192;

export interface MarkKeyOptions {
  readonly uri: string | undefined;
  readonly resources: ResourceReader;
  /** Added to the KMS client's configuration. */
  readonly kms?: KMSClientConfig;
}

/**
 * The MAC function; undefined when no key is named. It throws TemporaryError or PermanentError when the key cannot be
 * had. Nothing is asked before the first MAC is wanted, so a message without a mark can be kept while the key is out of
 * reach.
 */
export function createMarkKey({ uri, resources, kms }: MarkKeyOptions): MarkMac | undefined {
  if (uri === undefined) return undefined;
  return uri.startsWith('kms://') ? kmsMac(uri.slice('kms://'.length), kms ?? {}) : storedMac(uri, resources);
}

/** The key is read once and kept for the life of the process; a failure is not kept. */
function storedMac(uri: string, resources: ResourceReader): MarkMac {
  let mac: MarkMac | undefined;
  return async (data, signal) => {
    mac ??= await readKey(uri, resources, signal);
    return mac(data, signal);
  };
}

async function readKey(uri: string, resources: ResourceReader, signal: AbortSignal): Promise<MarkMac> {
  const bytes = await resources.read(uri, VARIABLE, MAX_KEY_BYTES, signal);
  const key = withoutLineEnd(bytes);
  if (key.length < MIN_MARK_KEY_BYTES) {
    throw new PermanentError(`${VARIABLE}: the key has fewer than ${MIN_MARK_KEY_BYTES} bytes`);
  }
  return localMac(key);
}

/** Editors and `echo` end a file with a line end that is not part of the key. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.findLastIndex((byte) => byte !== 0x0a && byte !== 0x0d);
  return bytes.subarray(0, end + 1);
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
