/**
 * Plays a month: moves the test clock from step to step and does what each says.
 * Promises: every step in its order, one at a time, so that a seed always ends in the same ledger. Must never: go on
 * after a step that failed.
 */
import type { Step } from './cast.ts';
import { admin, type Front, PROGRAM, rewards, sendEvent, sendSignup } from './send.ts';
import type { BillingSink } from './sink.ts';

export async function play(
  front: Front,
  sink: BillingSink,
  steps: readonly Step[],
  onStep: (step: Step) => void,
): Promise<void> {
  let clock = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    if (step.at.getTime() > clock) {
      await admin(front, 'POST', '/test-clock', { now: step.at.toISOString() });
      clock = step.at.getTime();
    }
    await take(front, sink, step);
    onStep(step);
  }
}

async function take(front: Front, sink: BillingSink, step: Step): Promise<void> {
  switch (step.do) {
    case 'send':
      return await sendEvent(front, step.event);
    case 'signup':
      return await sendSignup(front, step);
    case 'sink':
      return await sink.set(step.up);
    case 'rate':
      return void (await admin(front, 'PATCH', `/members/${step.member.id}?program=${PROGRAM}`, { rate: step.rate }));
    case 'approve':
    case 'reject':
      return await decide(front, step);
  }
}

async function decide(front: Front, step: Extract<Step, { do: 'approve' | 'reject' }>): Promise<void> {
  const found = await rewards(front, step.what === 'failed' ? 'status=failed' : 'status=pending');
  const waiting = found.filter((reward) => step.what === 'failed' || reward.reason === 'held');
  const oldest = waiting.at(-1); // newest first
  if (!oldest) throw new Error(`no reward is ${step.what} on ${step.at.toISOString()}`);
  await admin(front, 'POST', `/rewards/${oldest.id}/${step.do}`, { reason: step.reason });
}
