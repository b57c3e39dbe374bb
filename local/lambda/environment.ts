/** The environment of a function, as Lambda gives it (Lambda Developer Guide, "Defined runtime environment variables"). */
import type { FunctionConfig } from '../types.ts';

/**
 * All that comes from the host's own environment: options for every Node process (so that a guard preloaded over a whole
 * tree of processes guards functions too), and where such a guard reports. Nothing else leaks in.
 */
const INHERITED = ['NODE_OPTIONS', 'MAILROOM_NETWORK_LOG'];

export interface FunctionPlace {
  readonly region: string;
  readonly account: string;
  /** Folder with the bundle. */
  readonly taskRoot: string;
  /** What the organization sets: POLICY_URI, MAILROOM_*, AWS_ENDPOINT_URL_*. */
  readonly environment: Readonly<Record<string, string>>;
}

export function functionArn(place: FunctionPlace, name: string): string {
  return `arn:aws:lambda:${place.region}:${place.account}:function:${name}`;
}

/** The id of the credentials that a function has here, as Lambda's are those of the function's role. */
export function accessKeyId(functionName: string): string {
  return `mailroom-${functionName}`;
}

/** @param runtimeApi `HOST:PORT` of the Runtime API that serves this process. */
export function functionEnvironment(
  config: FunctionConfig,
  place: FunctionPlace,
  runtimeApi: string,
  parent: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${config.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // Credentials that are valid nowhere. The stand-in checks no signature; by the key id it knows which function calls.
    AWS_ACCESS_KEY_ID: accessKeyId(config.name),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    // No other source of credentials is asked, least of all over the network.
    AWS_EC2_METADATA_DISABLED: 'true',
    LAMBDA_TASK_ROOT: place.taskRoot,
    LAMBDA_RUNTIME_DIR: import.meta.dirname,
    _HANDLER: 'index.handler',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
  for (const name of INHERITED) {
    const value = parent[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...place.environment, AWS_LAMBDA_RUNTIME_API: runtimeApi };
}
