/** Parameters of AWS Systems Manager, decrypted. The client is imported at the first call. */
import type { SSMClient, SSMClientConfig } from '@aws-sdk/client-ssm';
import { PermanentError } from '../../shared/errors.ts';
import {
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from '../../shared/workmail/aws-errors.ts';

export interface ParameterStore {
  /** The parameter's value. Throws TemporaryError or PermanentError (no such parameter, no permission). */
  get(name: string, signal: AbortSignal): Promise<string>;
}

export function createParameterStore(config: SSMClientConfig = {}): ParameterStore {
  let loading: Promise<{ sdk: typeof import('@aws-sdk/client-ssm'); client: SSMClient }> | undefined;
  const load = async () => {
    const sdk = await import('@aws-sdk/client-ssm');
    const client = new sdk.SSMClient({
      maxAttempts: SDK_MAX_ATTEMPTS,
      requestHandler: SDK_REQUEST_HANDLER,
      ...config,
    });
    return { sdk, client };
  };
  return {
    async get(name, signal) {
      try {
        loading ??= load();
        const { sdk, client } = await loading;
        const command = new sdk.GetParameterCommand({ Name: name, WithDecryption: true });
        const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
        const value = answer.Parameter?.Value;
        if (value === undefined) throw new PermanentError('ssm GetParameter: the parameter has no value');
        return value;
      } catch (error) {
        throw decideAwsError(error, 'ssm GetParameter', signal);
      }
    },
  };
}
