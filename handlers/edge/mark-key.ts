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

/** Gives the MAC function, or undefined when there is no key. Throws TemporaryError or PermanentError. */
export type MarkKeySource = (signal: AbortSignal) => Promise<MarkMac | undefined>;

export interface MarkKeyOptions {
  readonly uri: string | undefined;
  readonly resources: ResourceReader;
  /** Added to the KMS client's configuration. */
  readonly kms?: KMSClientConfig;
}

/** The key is read at first use and kept for the life of the process; a failure is not kept. */
export function createMarkKeySource(options: MarkKeyOptions): MarkKeySource {
  let mac: MarkMac | undefined;
  return async (signal) => {
    if (options.uri === undefined) return undefined;
    mac ??= options.uri.startsWith('kms://')
      ? kmsMac(options.uri.slice('kms://'.length), options.kms ?? {})
      : await readKey(options.uri, options.resources, signal);
    return mac;
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
