/** What the functions use of Lambda's second argument. */
export interface LambdaContext {
  /** Milliseconds until Lambda ends the function. */
  getRemainingTimeInMillis(): number;
}
