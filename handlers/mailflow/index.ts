/** Synchronous rule, both directions: capture, DMARC and rewrite as steps of one invocation. */
import { createFlowHandler } from '../edge/flow.ts';
import { capture } from '../edge/steps/capture.ts';
import { dmarc } from '../edge/steps/dmarc.ts';
import { rewrite } from '../edge/steps/rewrite.ts';

export const handler = createFlowHandler([capture, dmarc, rewrite]);
