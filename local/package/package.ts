/** Makes the folder that is uploaded and deployed: a zip for each function, the packaged template, the manifest. */
import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { type BuildReport, build, DIST, HANDLERS } from '../build.ts';
import { bundleFolder, replaceFile } from '../bundle/install.ts';
import { MANIFEST_FILE, type PackagedHandler, writeManifest } from './manifest.ts';
import { type CodePlace, packagedTemplate } from './template.ts';
import { codeSha256, sha256Hex, zipFiles } from './zip.ts';

const ROOT = join(import.meta.dirname, '../..');

export const TEMPLATE_FILE = 'template.yaml';

/** A zip's name has as much of its hash as tells two versions apart. */
const HASH_CHARACTERS = 16;
/** Of our own zips alone: the folder may be one that has others. */
const ZIP_NAME = new RegExp(`^(${HANDLERS.join('|')})-[0-9a-f]{${HASH_CHARACTERS}}\\.zip$`);

export interface PackageOptions {
  readonly outDir: string;
  readonly place: CodePlace;
  /** `dist/` of this repository by default; it is built there when it is not up to date. */
  readonly distDir?: string;
}

export interface Package {
  readonly handlers: ReadonlyMap<string, PackagedHandler>;
  readonly templateBytes: number;
}

interface Zipped {
  readonly zip: Uint8Array;
  readonly packaged: PackagedHandler;
}

/** The files of the last build; others may lie beside them for functions that still run. */
async function zipHandler(
  distDir: string,
  { name, files }: BuildReport['handlers'][number],
): Promise<Zipped> {
  const folder = bundleFolder(distDir, name);
  const read = await Promise.all(
    files.map(async (file) => [file, await readFile(join(folder, file))] as const),
  );
  const contents = new Map(read);
  const zip = zipFiles(contents);
  const hashes = [...contents].map(([file, bytes]) => [file, sha256Hex(bytes)] as const);
  const packaged = {
    zip: `${name}-${sha256Hex(zip).slice(0, HASH_CHARACTERS)}.zip`,
    zipBytes: zip.length,
    codeSha256: codeSha256(zip),
    files: Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { zip, packaged };
}

/** Whoever uploads the whole folder should not upload last month's zips. */
async function removeOldZips(outDir: string, keep: ReadonlySet<string>): Promise<void> {
  const old = (await readdir(outDir)).filter((name) => ZIP_NAME.test(name) && !keep.has(name));
  await Promise.all(old.map((name) => rm(join(outDir, name))));
}

/** The packaged template has the name of the one that it is made of. */
async function refuseSources(outDir: string): Promise<void> {
  if ((await realpath(outDir)) === (await realpath(ROOT)))
    throw new PermanentError(
      `${outDir}: ${TEMPLATE_FILE} there is the source of the package; name another folder`,
    );
}

/** Builds what is not built and writes the folder. Throws BuildFailed, or PermanentError for template.yaml. */
export async function makePackage(options: PackageOptions): Promise<Package> {
  const { outDir, place, distDir = DIST } = options;
  const report = await build({ distDir });
  const zipped = await Promise.all(
    report.handlers.map(async (handler) => [handler.name, await zipHandler(distDir, handler)] as const),
  );
  const handlers = new Map(zipped.map(([name, { packaged }]) => [name, packaged]));
  const zips = new Map(zipped.map(([name, { packaged }]) => [name, packaged.zip]));
  const template = packagedTemplate(await readFile(join(ROOT, TEMPLATE_FILE), 'utf8'), zips, place);
  await mkdir(outDir, { recursive: true });
  await refuseSources(outDir);
  for (const [, { zip, packaged }] of zipped) await replaceFile(join(outDir, packaged.zip), zip);
  await replaceFile(join(outDir, TEMPLATE_FILE), template);
  await replaceFile(join(outDir, MANIFEST_FILE), writeManifest(handlers));
  await removeOldZips(outDir, new Set(zips.values()));
  return { handlers, templateBytes: Buffer.byteLength(template) };
}
