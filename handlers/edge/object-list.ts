/** Names of objects in S3, a page at a time. The client is imported at the first call. */
import { decideAwsError, withSignal } from '../../shared/workmail/aws-errors.ts';
import { type LoadedClient, loadClient, type ObjectStoreOptions } from './object-store.ts';

export interface Listing {
  readonly keys: readonly string[];
  /** What comes between the prefix and the next slash, where `folders` is asked for. */
  readonly folders: readonly string[];
}

export interface ListQuestion {
  readonly bucket: string;
  readonly prefix: string;
  /** Whether what is behind the next slash is rolled up to one name. */
  readonly folders: boolean;
}

/** Pages in S3's order. Throws TemporaryError, DeadlineError or PermanentError. */
export type ListObjects = (question: ListQuestion, signal: AbortSignal) => AsyncIterable<Listing>;

export function createListObjects(options: ObjectStoreOptions): ListObjects {
  let loading: Promise<LoadedClient> | undefined;
  return async function* list(question, signal) {
    loading ??= loadClient(options);
    let token: string | undefined;
    do {
      const page = await onePage(await loading, question, token, signal);
      yield page;
      token = page.token;
    } while (token !== undefined);
  };
}

async function onePage(
  { sdk, client }: LoadedClient,
  { bucket, prefix, folders }: ListQuestion,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Listing & { readonly token: string | undefined }> {
  try {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...(folders ? { Delimiter: '/' } : {}),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    return {
      keys: (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []),
      folders: (answer.CommonPrefixes ?? []).flatMap(({ Prefix = '' }) =>
        Prefix.slice(prefix.length).replace(/\/$/, ''),
      ),
      token: answer.NextContinuationToken,
    };
  } catch (error) {
    throw decideAwsError(error, 's3 ListObjectsV2', signal);
  }
}
