/** Synchronous inbound rule: DMARC alone. */
import { createFlowHandler } from '../edge/flow.ts';
import { dmarc } from '../edge/steps/dmarc.ts';

export const handler = createFlowHandler([dmarc]);
