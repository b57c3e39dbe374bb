/** Properties of fast-check begin at the seed of the run; a failure prints it. */
import fc from 'fast-check';

const seed = process.env['MAILROOM_SEED'];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
