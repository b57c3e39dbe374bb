/** The organization as the account has it now: what an administrator changes over the APIs holds for the next message. */
import type { Journaling, NativeSettings } from '../../native/settings.ts';
import type { Organization } from '../../organization.ts';
import type { Account } from './account.ts';

/** The identity of SES that WorkMail's journaling sends from. */
export function awsappsIdentity({ alias }: { readonly alias: string }): string {
  return `${alias}.awsapps.com`;
}

function liveNative({ alias, native }: Organization, account: Account): NativeSettings {
  return {
    ...native,
    get dmarcEnforcement() {
      return account.state().dmarcEnforced ? 'on' : 'off';
    },
    get journaling(): Journaling | undefined {
      if (native.journaling === undefined) return undefined;
      const isThere = account.state().identities.includes(awsappsIdentity({ alias }));
      return { ...native.journaling, awsappsDomain: isThere ? 'present' : 'deleted' };
    },
  };
}

/** `organization.yaml` is how everything began; these settings are read anew each time somebody looks at them. */
export function liveOrganization(organization: Organization, account: Account): Organization {
  return { ...organization, native: liveNative(organization, account) };
}
