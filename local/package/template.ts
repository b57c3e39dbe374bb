/**
 * The template for those who have neither SAM nor Docker: CodeUri names the zips in S3, in a bucket that is a
 * parameter. SAM's transform stays; CloudFormation runs it itself.
 */
import { isDeepStrictEqual } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';
import { readTemplate } from '../template/read.ts';
import { shortened } from './indent.ts';

/** CloudFormation takes a longer template from S3 alone. */
export const MAX_DIRECT_BYTES = 51_200;

export const CODE_BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
export const CODE_PREFIX = /^([A-Za-z0-9._-]+[/])*$/;

export interface CodePlace {
  /** Undefined: whoever deploys has to give it. */
  readonly bucket: string | undefined;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
}

/** In single quotes nothing is escaped: a regular expression has its own backslashes, and YAML 1.1 knows few. */
function quoted({ source }: RegExp): string {
  return `'${source.replaceAll("'", "''")}'`;
}

function parameters({ bucket, prefix }: CodePlace): string {
  return `Parameters:
  CodeBucket:
    Type: String
${bucket === undefined ? '' : `    Default: "${bucket}"\n`}    AllowedPattern: ${quoted(CODE_BUCKET)}
    Description: The S3 bucket, in this region, that holds the functions' zips.
  CodePrefix:
    Type: String
    Default: "${prefix}"
    AllowedPattern: ${quoted(CODE_PREFIX)}
    Description: What their keys begin with; it is empty or ends in a slash.
`;
}

const GROUP = `    ParameterGroups:
      - Label: { default: Where the code is }
        Parameters: [CodeBucket, CodePrefix]
`;

/** Comments take a fifth of the template, and its length is limited. */
function withoutComments(text: string): string {
  const bare = text.replaceAll(/^ *#.*\n/gm, '').replaceAll(/\n\n+/g, '\n');
  // A line of text that begins with "#" is no comment.
  if (!isDeepStrictEqual(readTemplate(bare), readTemplate(text)))
    throw new PermanentError('template.yaml: a text in it looks like a comment');
  return bare;
}

function compact(text: string): string {
  const short = shortened(text);
  if (!isDeepStrictEqual(readTemplate(short), readTemplate(text)))
    throw new PermanentError('template.yaml: it says something else when it is shortened');
  return short;
}

function replaceOnce(text: string, found: string, by: string): string {
  if (text.split(found).length !== 2)
    throw new PermanentError(`template.yaml: expected one line "${found.trim()}"`);
  return text.replace(found, () => by);
}

/**
 * Makes the packaged template of template.yaml. `zips` has the file name of each handler's zip. Throws PermanentError
 * when a function has no zip, or a zip no function.
 */
export function packagedTemplate(text: string, zips: ReadonlyMap<string, string>, place: CodePlace): string {
  const placed = new Set<string>();
  // SAM's command line alone reads it.
  const bare = withoutComments(text).replaceAll(/^ *Metadata: \{ SkipBuild: true \}\n/gm, '');
  const withCode = bare.replaceAll(
    /^( *)CodeUri: dist\/(.+)$/gm,
    (_line, indent: string, handler: string) => {
      const zip = zips.get(handler);
      if (zip === undefined) throw new PermanentError(`template.yaml: there is no handler ${handler}`);
      placed.add(handler);
      return `${indent}CodeUri: { Bucket: !Ref CodeBucket, Key: !Sub "\${CodePrefix}${zip}" }`;
    },
  );
  const missing = [...zips.keys()].find((handler) => !placed.has(handler));
  if (missing !== undefined) throw new PermanentError(`template.yaml: no function for ${missing}`);
  const withParameters = replaceOnce(withCode, '\nParameters:\n', `\n${parameters(place)}`);
  return compact(replaceOnce(withParameters, '    ParameterGroups:\n', GROUP));
}
