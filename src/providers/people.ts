/**
 * Who paid and by whose code, read from a body by the paths that the program file names.
 * Promises: hints in the order of the program file, each under the path it came by; the engine ranks them. Must never:
 * give an e-mail address as a hint unless `email` is listed, or call an id server-set that a browser may have written.
 */
import type { CodeClaim, PayerHint } from '../model/facts.ts';

/** Reads one path of the program file (`metadata.user_id`) in a body. */
export type ReadPath = (path: string) => string | undefined;

export function payersOf(memberFrom: readonly string[], read: ReadPath): PayerHint[] {
  return memberFrom.flatMap((by) => {
    // `email` and `customer` are no member ids: they go in fields of their own.
    if (by === 'email' || by === 'customer') return [];
    const memberId = read(by);
    return memberId === undefined ? [] : [{ by, memberId }];
  });
}

/** Only the hints that the owner's server set, under `prefix` (`metadata.` at Stripe, `custom_data.` at Paddle). */
export function serverSetMembers(memberFrom: readonly string[], prefix: string, read: ReadPath): PayerHint[] {
  const paths = memberFrom.filter((path) => path.startsWith(prefix));
  return payersOf(paths, read);
}

export function codesOf(codeFrom: readonly string[], read: ReadPath): CodeClaim[] {
  return codeFrom.flatMap((carrier) => {
    const code = read(carrier);
    return code === undefined ? [] : [{ code, carrier }];
  });
}

export function emailIfListed(memberFrom: readonly string[], address: string | undefined): string | undefined {
  return memberFrom.includes('email') ? address : undefined;
}

const KINDS = ['top_up', 'invoice', 'one_off'] as const;

/** The payment's kind where the owner's server wrote it down. */
export function kindOf(value: unknown): (typeof KINDS)[number] | undefined {
  return KINDS.find((kind) => kind === value);
}
