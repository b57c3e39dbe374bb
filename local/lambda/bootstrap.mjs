// The runtime in a function's process: loads the bundle and works through events one after the other. It knows the
// Lambda Runtime API, the environment that Lambda gives to a runtime, and the bundle; nothing of its host. Plain
// JavaScript, because stripping types would cost the function 18 MB of its memory and 50 ms of its start.
import { pathToFileURL } from 'node:url';
import { connectRuntimeApi } from './runtime-client.mjs';

const RUNTIME = '/2018-06-01/runtime';
const JSON_TYPE = { 'content-type': 'application/json' };

// Without the Runtime API a function has nobody to answer.
const call = connectRuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API, () => process.exit(0));
// Kept, because a function may put another in its place.
const write = process.stdout.write.bind(process.stdout);
// One stream keeps the order of the lines; what is left on stderr comes from Node itself.
process.stderr.write = write;

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
  write(`${JSON.stringify(record)}\n`);
}

/** What was logged is out before the answer is: the log belongs to the event. */
function logged() {
  return new Promise((resolve) => {
    write('', () => resolve());
  });
}

async function report(path, failure) {
  await logged();
  await call('POST', `${RUNTIME}${path}`, JSON.stringify({ ...failure, stackTrace: [] }), {
    ...JSON_TYPE,
    // A name may be anything, and a header may not.
    'Lambda-Runtime-Function-Error-Type': encodeURIComponent(failure.errorType),
  });
}

async function initFailed(errorType, error) {
  await report('/init/error', { errorType, errorMessage: failureOf(error).errorMessage });
  process.exit(1);
}

/** The function that _HANDLER names, as in `index.handler`. */
async function loadHandler() {
  const [file, name = ''] = (process.env._HANDLER ?? '').split('.');
  const path = `${process.env.LAMBDA_TASK_ROOT}/${file}.mjs`;
  let bundle;
  try {
    bundle = await import(pathToFileURL(path).href);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    return initFailed(missing ? 'Runtime.ImportModuleError' : failureOf(error).errorType, error);
  }
  if (typeof bundle[name] === 'function') return bundle[name];
  return initFailed('Runtime.HandlerNotFound', new Error(`the bundle exports no function named ${name}`));
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** The result as JSON; one without a JSON form (a BigInt, a cycle) is an error of the function. */
function encode(result) {
  try {
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    logFailure(error);
    return { failure: { errorType: 'Runtime.MarshalError', errorMessage: failureOf(error).errorMessage } };
  }
}

async function answer(handler, event) {
  try {
    return encode(await handler(JSON.parse(event.text), contextOf(event.headers)));
  } catch (error) {
    logFailure(error);
    return { failure: failureOf(error) };
  }
}

const handler = await loadHandler();
for (;;) {
  const event = await call('GET', `${RUNTIME}/invocation/next`);
  if (event.status !== 200) process.exit(1);
  const id = event.headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = event.headers['lambda-runtime-trace-id'];
  const { payload, failure } = await answer(handler, event);
  if (failure === undefined) {
    await logged();
    await call('POST', `${RUNTIME}/invocation/${id}/response`, payload, JSON_TYPE);
  } else await report(`/invocation/${id}/error`, failure);
}
