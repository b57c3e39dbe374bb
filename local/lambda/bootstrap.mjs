// Runs inside a function's process: loads the built bundle and answers one event after the other, as Lambda's runtime
// does for Node. Plain JavaScript, because stripping types would cost the function 18 MB of its memory and 50 ms of its
// start. It is started with the path of the bundle and speaks over the IPC channel the messages of messages.ts.
import { pathToFileURL } from 'node:url';

const send = process.send?.bind(process) ?? process.exit(2);

// Without its host a function has nobody to answer.
process.on('disconnect', () => process.exit(0));
// One stream keeps the order of the lines; what is left on stderr comes from Node itself.
process.stderr.write = process.stdout.write.bind(process.stdout);

/** Lambda reports the name and the message of what was thrown, and logs it with its stack. */
function failureOf(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message };
}

function logFailure(error) {
  const stack =
    error instanceof Error
      ? String(error.stack)
          .split('\n')
          .slice(1)
          .map((line) => line.trim())
      : [];
  const record = { level: 'error', event: 'failure', ...failureOf(error), stack };
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

function initFailed(errorType, error) {
  const { errorMessage } = failureOf(error);
  send({ kind: 'init-failed', errorType, errorMessage });
}

/** The bundle's `handler`; undefined (and reported) when there is none. */
async function loadHandler(path) {
  try {
    const { handler } = await import(pathToFileURL(path).href);
    if (typeof handler === 'function') return handler;
    initFailed('Runtime.HandlerNotFound', new Error('the bundle exports no function named handler'));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    initFailed(missing ? 'Runtime.ImportModuleError' : failureOf(error).errorType, error);
  }
  return undefined;
}

function contextOf(job) {
  return {
    awsRequestId: job.requestId,
    invokedFunctionArn: job.functionArn,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, job.deadlineMs - Date.now()),
  };
}

/** A result without a JSON form (a BigInt, a cycle) is an error of the function. */
function encode(result) {
  try {
    return { kind: 'answer', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    logFailure(error);
    return { kind: 'error', errorType: 'Runtime.MarshalError', errorMessage: failureOf(error).errorMessage };
  }
}

async function answer(handler, job) {
  try {
    return encode(await handler(JSON.parse(job.event), contextOf(job)));
  } catch (error) {
    logFailure(error);
    return { kind: 'error', ...failureOf(error) };
  }
}

const handler = await loadHandler(process.argv[2]);
if (handler !== undefined) {
  process.on('message', async (job) => {
    const result = await answer(handler, job);
    // Tells the host where this invocation's output ends.
    process.stdout.write(`\0${job.endMark}\n`, () => send(result));
  });
  send({ kind: 'ready' });
}
