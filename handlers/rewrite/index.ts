/** Synchronous rule, both directions: changes of content alone. */
import { createFlowHandler } from '../edge/flow.ts';
import { rewrite } from '../edge/steps/rewrite.ts';

export const handler = createFlowHandler([rewrite]);
