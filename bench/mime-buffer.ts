/** Parse, banner, and the changed message in one new buffer. */
export { workInOneBuffer as work } from './mime-ours.ts';
