/** `mailroom package`: zips and a template that the AWS CLI or CloudFormation's console deploys, without SAM or Docker. */
import { join, relative, resolve } from 'node:path';
import { BuildFailed, DIST } from '../build.ts';
import { makePackage, type Package, TEMPLATE_FILE } from '../package/package.ts';
import { CODE_BUCKET, CODE_PREFIX, MAX_DIRECT_BYTES } from '../package/template.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const HELP = `Usage: mailroom package [options]

Builds the functions and writes a folder with a zip for each, a template that needs neither SAM nor Docker, and a
manifest with the hash of every file. The same sources give the same bytes. Nothing is sent; the commands that upload
and deploy are printed.

  --out DIR      where to write (default: dist/package)
  --bucket NAME  the S3 bucket for the zips, in the region of the WorkMail organization; it is then the template's
                 default, and the commands name it
  --prefix P     what the zips' keys begin with (default: mailroom/)

Exit code: 0 written, 1 the functions could not be built, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  out: { type: 'string' },
  bucket: { type: 'string' },
  prefix: { type: 'string' },
} as const;

const DEFAULT_PREFIX = 'mailroom/';

function readPrefix(given: string | undefined): string {
  if (given === undefined) return DEFAULT_PREFIX;
  const prefix = given === '' || given.endsWith('/') ? given : `${given}/`;
  if (CODE_PREFIX.test(prefix)) return prefix;
  throw new WrongUse('--prefix: expected letters, digits, ".", "_" and "-", with slashes between them');
}

function readBucket(given: string | undefined): string | undefined {
  if (given === undefined || CODE_BUCKET.test(given)) return given;
  throw new WrongUse(
    `--bucket: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and no s3:// before it; got "${given}"`,
  );
}

/** A path as a shell takes it, from where the command was run. */
function quoted(path: string): string {
  const near = relative(process.cwd(), path);
  const shown = near.startsWith('..') ? path : near || '.';
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}

function commands(outDir: string, bucket: string | undefined, prefix: string, bytes: number): string {
  const name = bucket ?? 'BUCKET';
  // The place of the code is named in any case: for a stack that is there a parameter that is not keeps its old value,
  // whatever the template's default. `aws cloudformation deploy` sends a longer template through a bucket.
  const through = bytes > MAX_DIRECT_BYTES ? ` --s3-bucket ${name} --s3-prefix ${prefix}template` : '';
  return `Upload, then deploy (docs/install.md explains every parameter):

  aws s3 cp ${quoted(outDir)} s3://${name}/${prefix} --recursive --exclude "*" --include "*.zip"
  aws cloudformation deploy --stack-name mailroom --template-file ${quoted(join(outDir, TEMPLATE_FILE))}${through} \\
    --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides \\
    CodeBucket=${name} CodePrefix=${prefix} OrganizationId=m-… PolicyUri=s3://… PolicyArn=arn:aws:s3:::…
`;
}

function table({ handlers }: Package): string {
  const rows = [...handlers.values()].map(
    ({ zip, zipBytes, codeSha256 }) =>
      `  ${zip.padEnd(34)} ${String(Math.ceil(zipBytes / 1024)).padStart(5)} KB  ${codeSha256}`,
  );
  return `${rows.join('\n')}\n`;
}

async function write(outDir: string, bucket: string | undefined, prefix: string): Promise<Package> {
  try {
    return await makePackage({ outDir, place: { bucket, prefix } });
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileTrouble('write to', outDir, error) : error;
  }
}

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments({ args, options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const bucket = readBucket(values.bucket);
  const prefix = readPrefix(values.prefix);
  const outDir = resolve(values.out ?? join(DIST, 'package'));
  try {
    const made = await write(outDir, bucket, prefix);
    process.stdout.write(
      `${outDir}\n${table(made)}\n${commands(outDir, bucket, prefix, made.templateBytes)}`,
    );
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.findings;
  }
}
