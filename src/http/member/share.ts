/**
 * The texts with which a member shares their link, filled in.
 * Promises: the program's own text for the place, else its general one, else ours, which names code, url and what the
 * newcomer gets, if they get something, in the program file's language. Must never: promise an amount that depends on
 * a tier or a payment.
 */
import type { Language } from '../../model/language.ts';
import { exponentOf, formatDecimal } from '../../model/money.ts';
import { type Program, referralUrl, type Unit } from '../../model/program.ts';
import { amountIn } from '../../texts/amounts.ts';
import { translatorIn } from '../../texts/translator.ts';
import type { SharedOn } from './schemas.ts';

/** What whoever signs up by a code gets for it, in minor units; undefined: nothing that is known beforehand. */
export function refereeAmount({ rules }: Program): bigint | undefined {
  for (const rule of rules) {
    if (rule.to !== 'referee' || rule.when !== 'signup') continue;
    if (rule.amount.kind === 'fixed') return rule.amount.amount;
  }
  return undefined;
}

/** `$20`, `12.50 CHF`, `1000 credits`; in another language as that writes it. */
export function amountText(amount: bigint, unit: Unit, language: Language = 'en'): string {
  if (unit.kind === 'money' && unit.currency === 'payment') return String(amount);
  if (language !== 'en')
    return amountIn(language, amount, unit.kind === 'points' ? unit.name : unit.currency, { unit });
  if (unit.kind === 'points') return `${amount} ${unit.name}`;
  if ('shownAs' in unit && unit.shownAs) return `${amount / unit.shownAs.per} ${unit.shownAs.name}`;
  const decimal = formatDecimal(amount, exponentOf(unit.currency)).replace(/\.0+$/, '');
  return unit.currency === 'usd' ? `$${decimal}` : `${decimal} ${unit.currency.toUpperCase()}`;
}

export function shareTexts(program: Program, code: string): Record<SharedOn, string> {
  const amount = refereeAmount(program);
  const gift = amount === undefined ? '' : amountText(amount, program.unit, program.language);
  const [url, product, t] = [referralUrl(program, code), program.name, translatorIn(program.language)];
  const ours = gift ? t('share.gift', { product, code, amount: gift, url }) : t('share.text', { product, code, url });
  const words: Readonly<Record<string, string>> = { code, url, amount: gift };
  const textOn = (where: SharedOn): string => {
    const template = program.share[where] ?? program.share.text;
    return template === undefined
      ? ours
      : template.replace(/\{(code|url|amount)\}/g, (_whole, word) => words[word] ?? '');
  };
  return { x: textOn('x'), linkedin: textOn('linkedin'), telegram: textOn('telegram'), email: textOn('email') };
}
