/** Synchronous rule, both directions: capture, DMARC and rewrite as steps of one invocation. */
import { createFlowHandler } from '../edge/flow.ts';
import { capture } from '../edge/steps/capture.ts';
import { dmarc } from '../edge/steps/dmarc.ts';
import { rules } from '../edge/steps/rules.ts';

export const handler = createFlowHandler([capture, dmarc, rules]);
