/**
 * A conditional write takes time. When a delete of its key succeeds in between, S3 answers 409 rather than judge the
 * condition (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes").
 */
import type { Attempt, Ground } from './ground.ts';
import type { Target } from './read-failure.ts';

/** Runs `work`, which is told by the attempt whether a delete overtook it. */
export async function withAttempt<T>(
  ground: Ground,
  target: Target,
  isConditional: boolean,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const attempt: Attempt = { bucket: target.bucket, key: target.key, overtaken: false };
  if (isConditional) ground.attempts.add(attempt);
  try {
    return await work(attempt);
  } finally {
    ground.attempts.delete(attempt);
  }
}
