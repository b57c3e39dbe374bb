/** Parse, banner, write without a copy. */
export { workInSlices as work } from './mime-ours.ts';
