/** What the reports need beside what every function has: names of objects. */
import { environment } from '../edge/environment.ts';
import { createListObjects, type ListObjects } from '../edge/object-list.ts';
import { lambdaPorts, type Ports } from '../edge/ports.ts';

export interface ReportPorts
  extends Pick<
    Ports,
    'objectStore' | 'lookupTxt' | 'loadPolicy' | 'policySaved' | 'sendMail' | 'log' | 'now'
  > {
  readonly listObjects: ListObjects;
  /** Where observations and reports are. */
  readonly bucket: string | undefined;
}

/** The ports of this process. Throws a PermanentError when the environment is wrong. */
export function lambdaReportPorts(): ReportPorts {
  const ports = lambdaPorts();
  const listObjects = createListObjects({ pathStyle: environment().s3PathStyle });
  return { ...ports, listObjects, bucket: ports.rewriteBucket };
}
