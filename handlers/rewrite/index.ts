/** Synchronous rule, both directions: changes of content alone. */
import { createFlowHandler } from '../edge/flow.ts';
import { rules } from '../edge/steps/rules.ts';

export const handler = createFlowHandler([rules]);
