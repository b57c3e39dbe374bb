/** The calls that WorkMail makes to functions, with the faults of `lambda:Invoke`. */
import { setTimeout as wait } from 'node:timers/promises';
import type { FunctionConfig, InvokeOutcome, LambdaInvoker } from '../types.ts';
import type { Faults } from './faults.ts';
import { type Failures, play } from './play.ts';

function failed(errorType: string, errorMessage: string): InvokeOutcome {
  return { durationMs: 0, coldStart: false, logs: [], kind: 'error', errorType, errorMessage };
}

/** In Lambda's own words. What a function had written is lost with its answer. */
const FAILURES: Failures<InvokeOutcome> = {
  denied: () =>
    failed('AccessDeniedException', 'WorkMail is not authorized to perform: lambda:InvokeFunction'),
  throttled: () => failed('TooManyRequestsException', 'Rate Exceeded.'),
  broken: () => failed('ServiceException', 'The service encountered an internal error.'),
  discard: () => undefined,
};

/** @param functions say how long each is waited for. */
export function faultyInvoker(
  invoker: LambdaInvoker,
  faults: Faults,
  functions: readonly Pick<FunctionConfig, 'name' | 'timeoutMs'>[],
): LambdaInvoker {
  return {
    async invoke(name, event) {
      const strike = faults.strike({
        service: 'lambda',
        operation: 'Invoke',
        target: name,
        caller: undefined,
      });
      const played = await play(strike, FAILURES, () => invoker.invoke(name, event));
      if (played.kind === 'answer') return played.answer;
      if (played.kind !== 'hang')
        return { durationMs: 0, coldStart: false, logs: [], kind: 'crash', why: 'the connection was cut' };
      const durationMs = functions.find((each) => each.name === name)?.timeoutMs ?? 0;
      await wait(durationMs);
      return { durationMs, coldStart: false, logs: [], kind: 'timeout' };
    },
  };
}
