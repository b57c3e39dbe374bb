/** The clients of the SDK, with the administrator's own credentials (the SDK's default chain). */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { WorkMailClient } from '@aws-sdk/client-workmail';
import { SDK_MAX_ATTEMPTS, SDK_REQUEST_HANDLER } from '../../shared/workmail/aws-errors.ts';

export interface Clients {
  readonly sts: STSClient;
  readonly workmail: WorkMailClient;
  readonly cloudformation: CloudFormationClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly ses: SESv2Client;
  readonly logs: CloudWatchLogsClient;
  close(): void;
}

/** `endpoint`: a stand-in's address for all of them; AWS's own otherwise. */
export function openClients(region: string, endpoint: string | undefined): Clients {
  const config = {
    region,
    maxAttempts: SDK_MAX_ATTEMPTS,
    // WorkMail tests a provider while the call waits: up to 25 s.
    requestHandler: { ...SDK_REQUEST_HANDLER, requestTimeout: 30_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  const clients = {
    sts: new STSClient(config),
    workmail: new WorkMailClient(config),
    cloudformation: new CloudFormationClient(config),
    lambda: new LambdaClient(config),
    // A stand-in has no names for buckets.
    s3: new S3Client({ ...config, forcePathStyle: endpoint !== undefined }),
    ssm: new SSMClient(config),
    ses: new SESv2Client(config),
    logs: new CloudWatchLogsClient(config),
  };
  return {
    ...clients,
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
