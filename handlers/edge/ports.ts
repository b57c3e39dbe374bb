/** Everything through which a function touches the world, made from the environment, once for each process. */
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import type { LookupTxt } from '../../shared/auth/types.ts';
import type { Log } from '../../shared/log.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { createMessageFlow, type MessageFlow } from '../../shared/workmail/message-flow.ts';
import { type ArcKeySource, arcKeyPlace, createArcKey } from './arc-key.ts';
import { type Contacts, createContacts } from './contacts.ts';
import { createDirectory, type Directory } from './directory.ts';
import { createLookupDns } from './dns.ts';
import { type Environment, environment, taskFolder } from './environment.ts';
import { createSendMail, type SendMail } from './keep/send-mail.ts';
import { createLog } from './log.ts';
import { createMarkKey, type MarkKeySource } from './mark-key.ts';
import { createObjectStore, type ObjectStore } from './object-store.ts';
import { createParameterStore } from './parameters.ts';
import { policyUri } from './policy-place.ts';
import type { PolicySource } from './policy-source.ts';
import { createResourceReader, type ResourceReader } from './resource.ts';

export interface Ports {
  readonly messageFlow: MessageFlow;
  readonly objectStore: ObjectStore;
  readonly resources: ResourceReader;
  readonly lookupDns: LookupDns;
  readonly lookupTxt: LookupTxt;
  /** The policy in force, for a call that has `remainingMs`. */
  readonly loadPolicy: (remainingMs: number) => Promise<Policy>;
  /** Ends when the copy of the policy is kept, should one be on its way, or when `signal` aborts. Never throws. */
  readonly policySaved: (signal: AbortSignal) => Promise<void>;
  /** The key of the mark; undefined where none is named. */
  readonly markKey: MarkKeySource | undefined;
  /** The private key of ARC seals; undefined where none is named. */
  readonly arcKey: ArcKeySource | undefined;
  /** WorkMail's directory, for rules that ask for groups. */
  readonly directory: Directory;
  /** For rules that ask for first contact; undefined where there is no bucket for it. */
  readonly contacts: Contacts | undefined;
  /** Sends the notices of rules. */
  readonly sendMail: SendMail;
  readonly organizationId: string | undefined;
  readonly rewriteBucket: string | undefined;
  readonly journalBucket: string | undefined;
  readonly keepBucket: string | undefined;
  readonly deleteAfterPut: boolean;
  readonly log: Log;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

let current: Ports | undefined;

/** The ports of this process. Throws a PermanentError that names the variables when the environment is wrong. */
export function lambdaPorts(): Ports {
  current ??= createPorts();
  return current;
}

function createPorts(): Ports {
  const settings = environment();
  const log = createLog({ least: settings.logLevel, functionName: settings.functionName });
  const objectStore = createObjectStore({ pathStyle: settings.s3PathStyle });
  const parameters = createParameterStore();
  const resources = createResourceReader({ objectStore, parameters, folder: taskFolder(settings) });
  const now = Date.now;
  const { organizationId, keepBucket } = settings;
  const lookupDns = createLookupDns({ server: settings.dnsServer, now });
  let policy: Promise<PolicySource> | undefined;
  return {
    messageFlow: createMessageFlow(),
    objectStore,
    resources,
    lookupDns,
    lookupTxt: (name, signal) => lookupDns(name, 'TXT', signal),
    async loadPolicy(remainingMs) {
      policy ??= openPolicy(settings, { resources, objectStore, log, now });
      return (await policy).load(remainingMs);
    },
    async policySaved(signal) {
      const source = await policy?.catch(() => undefined);
      await source?.saved(signal);
    },
    markKey: createMarkKey({ uri: settings.markKeyUri, resources }),
    arcKey: createArcKey(arcKeyPlace(settings), resources),
    directory: createDirectory({ organizationId, now }),
    contacts:
      keepBucket === undefined
        ? undefined
        : createContacts({ objectStore, organizationId, bucket: keepBucket }),
    sendMail: createSendMail(),
    organizationId,
    rewriteBucket: settings.rewriteBucket,
    journalBucket: settings.journalBucket,
    keepBucket,
    deleteAfterPut: settings.deleteAfterPut,
    log,
    now,
  };
}

/** The parser of the policy is the largest part of the bundle: a function that reads no policy never loads it. */
async function openPolicy(
  settings: Environment,
  parts: Pick<Ports, 'resources' | 'objectStore' | 'log' | 'now'>,
): Promise<PolicySource> {
  const { createPolicyCopy, createPolicySource } = await import('./policy-source.ts');
  const bucket = settings.rewriteBucket;
  const uri = policyUri(settings);
  const copy = bucket === undefined ? undefined : createPolicyCopy({ bucket, uri, ...parts });
  return createPolicySource({ uri, copy, ...parts });
}
