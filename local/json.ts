/** JSON from a file, a log or a caller, which may be anything. */

/** The value that the text stands for; undefined when it is not JSON: a file may be cut short by a power failure. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
