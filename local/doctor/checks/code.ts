/** Whether each function runs the code of this checkout: its zip, file by file, beside what was built or packaged. */
import { type Unzipped, unzipSync } from 'fflate';
import { answerOf } from '../ask.ts';
import { builtCode, type FileHashes, hashOf } from '../built.ts';
import type { Deployed, FunctionFacts } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown } from '../finding.ts';

/** Lambda takes no larger zip. Against: an answer that never ends, a zip that swells. */
const MAX_ZIP_BYTES = 50 * 1024 * 1024;
const MAX_FILE_BYTES = 50 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 60_000;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\//;

/** The handler folder of each function, by the logical ids of template.yaml. */
const HANDLERS: Readonly<Record<string, string>> = {
  Mailflow: 'mailflow',
  Rewrite: 'rewrite',
  Dmarc: 'dmarc',
  Journal: 'journal',
  Availability: 'availability',
};

/** Lambda tells a hash in Base64. */
function hexOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

/** The zip, or why it could not be had. */
async function download(url: string, sha256: string | undefined): Promise<Uint8Array | string> {
  // The link of AWS is signed: whoever reads it on the way has the code.
  if (!url.startsWith('https://') && !LOOPBACK.test(url)) return 'its link is not encrypted';
  const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!answer.ok) return `its link answers ${answer.status}`;
  if (Number(answer.headers.get('content-length') ?? 0) > MAX_ZIP_BYTES) return 'it is too large';
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return sha256 === undefined || hashOf(bytes) === hexOf(sha256) ? bytes : 'it is not what Lambda says it is';
}

/** Files that the zip has not, or has otherwise. */
function differing(zip: Unzipped, wanted: FileHashes): readonly string[] {
  return [...wanted].flatMap(([name, hash]) => {
    const deployed = zip[name];
    return deployed !== undefined && hashOf(deployed) === hash ? [] : [name];
  });
}

type Built = ReturnType<typeof builtCode>;

async function compare(facts: FunctionFacts, url: string, built: Built): Promise<Finding> {
  const { name, logicalId } = facts;
  const { files: wanted, codeSha256 } = await built(HANDLERS[logicalId] ?? '');
  const same = ok('function-code', name, 'It runs the code of this checkout.');
  const deployed = answerOf(facts.configuration)?.CodeSha256;
  if (deployed !== undefined && deployed === codeSha256) return same;
  const zip = await download(url, deployed);
  if (typeof zip === 'string')
    return unknown('function-code', name, `Its code cannot be fetched: ${zip}.`, 'Run it again in a while.');
  const files = unzipSync(zip, { filter: ({ originalSize }) => originalSize <= MAX_FILE_BYTES });
  const others = differing(files, wanted);
  if (others.length === 0) return same;
  return fail(
    'function-code',
    name,
    `It does not run the code of this checkout: ${others.length === 1 ? '1 file differs' : `${others.length} files differ`}, for instance ${others[0]}.`,
    'Deploy again (docs/install.md, "Update"), or check out the version that is deployed.',
  );
}

async function checkOne(facts: FunctionFacts, built: Built): Promise<Finding> {
  const { configuration, codeUrl, name } = facts;
  if (configuration.kind !== 'answer') return unasked('function-code', name, configuration);
  if (codeUrl === undefined)
    return unknown('function-code', name, 'Lambda gave no link to its code.', 'Run it again.');
  try {
    return await compare(facts, codeUrl, built);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unknown(
      'function-code',
      name,
      `Its code cannot be compared: ${why}.`,
      'Run "npm run build" and then this again, without --dist.',
    );
  }
}

/** `distDir` is what a build of this checkout made, or `mailroom package`. */
export function checkCode(deployed: Deployed, distDir: string): Promise<readonly Finding[]> {
  const built = builtCode(distDir);
  return Promise.all(deployed.functions.map((facts) => checkOne(facts, built)));
}
