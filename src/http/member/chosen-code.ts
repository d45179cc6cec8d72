/**
 * Which codes a member may choose.
 * Promises: nothing that reads like the product speaking, or that nobody wants on a poster, however it is spelt. Must
 * never: judge more than that; whether a code is taken only the engine knows.
 */

/** Whole codes that would read as the product's own, or trip whoever handles them. */
const RESERVED: ReadonlySet<string> = new Set(
  `about account admin administrator anonymous api app auth billing blog claim claims code codes contact dashboard default
  demo docs false free help home info invite leaderboard legal link links login logout mail member members nobody none null
  official owner plusone portal press privacy promo ref refer referral referrals register reward rewards root sales security
  settings signin signup staff status support system team terms test true undefined unknown user webhook webhooks welcome www`.split(
    /\s+/,
  ),
);

const OBSCENE =
  'anal arsehole asshole bastard bitch cock cunt dick fag fuck hitler kike nazi nigga nigger penis porn pussy rape shit slut vagina wank whore'.split(
    ' ',
  );
/** Too short to be looked for inside of other words. */
const WHOLE_ONLY: ReadonlySet<string> = new Set(['anal', 'cock', 'dick', 'fag', 'rape']);

const LOOK_LIKE: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b' };

export function isAllowedCode(code: string, program: string): boolean {
  const plain = code.toLowerCase().replace(/[-_]/g, '');
  const spelt = plain.replace(/[0134578]/g, (digit) => LOOK_LIKE[digit] ?? digit);
  if (plain === '') return false;
  if ([plain, spelt].some((word) => RESERVED.has(word) || word === program.replaceAll('-', ''))) return false;
  return !OBSCENE.some((word) =>
    [plain, spelt].some((text) => (WHOLE_ONLY.has(word) ? text === word : text.includes(word))),
  );
}
