/**
 * Who brought a member, whom they brought, and whom those brought in turn, as a picture in the page; pure.
 * Promises: never more than can be read: who is left out is counted. A line that leads to no completed referral is
 * dashed, and says its state. Must never: be the only place of what it shows; a table stands beside it.
 */
import { type Html, html } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';
import { queryOf } from '../send.ts';

export interface Leaf {
  readonly member: string;
  readonly status: string;
}

export interface Branch extends Leaf {
  readonly brought: readonly Leaf[];
  /** Those that are not in `brought`. */
  readonly more: number;
}

export interface Tree {
  readonly program: string;
  readonly member: string;
  /** Of the referral that brought them. */
  readonly status: string;
  readonly by: Leaf | undefined;
  readonly brought: readonly Branch[];
  readonly more: number;
}

/** How many a picture has of those that somebody brought, and of those that each of them brought. */
export const SHOWN = { first: 8, second: 3 } as const;

const WIDTH = 148;
const HEIGHT = 28;
const GAP = 34;
const COLUMN = WIDTH + GAP;
const ROW = HEIGHT + 8;
/** Ids that begin alike differ at their ends. */
const LETTERS = { first: 8, last: 7 } as const;
const EDGE = 2;
/** In rows: how far below whoever brought them somebody stands. */
const BELOW = 1.5;

interface Box {
  readonly column: number;
  /** From the top; who brought several stands beside the first of them, so that a phone has both in sight. */
  readonly row: number;
  readonly to: Box | undefined;
  /** undefined: those that are left out. */
  readonly leaf: Leaf | undefined;
  readonly text: string;
}

export function referralTree(t: Translator, tree: Tree): Html {
  const { program, member } = tree;
  const boxes = placed(t, tree);
  const columns = 1 + Math.max(...boxes.map((box) => box.column));
  const rows = 1 + Math.max(...boxes.map((box) => box.row));
  const [width, height] = [columns * COLUMN - GAP + EDGE * 2, rows * ROW - 8 + EDGE * 2];
  return html`<div class="scroll" role="group" aria-label="${t('tree.label')}" tabindex="0"><svg class="tree" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-labelledby="tree-title" aria-describedby="tree-desc">
<title id="tree-title">${t('tree.title', { member })}</title><desc id="tree-desc">${described(t, tree)}</desc>
${boxes.map(({ to, ...box }) => to && line(to, box))}${boxes.map((box) => drawn(t, program, box, box.column === 0 && box.text === member))}</svg></div>`;
}

function placed(t: Translator, { member, status, by, brought, more }: Tree): Box[] {
  const above: Box | undefined = by && { column: 0, row: 0, to: undefined, text: by.member, leaf: by };
  const self: Box = { column: 0, row: by ? BELOW : 0, to: above, text: member, leaf: { member, status } };
  const boxes: Box[] = above ? [above, self] : [self];
  let { row } = self;
  for (const branch of brought) {
    const box = { column: 1, row, to: self, leaf: branch, text: branch.member };
    boxes.push(box);
    for (const leaf of branch.brought) boxes.push({ column: 2, row: row++, to: box, leaf, text: leaf.member });
    if (branch.more > 0)
      boxes.push({ column: 2, row: row++, to: box, leaf: undefined, text: t('tree.more', { n: branch.more }) });
    row = Math.max(row, box.row + 1);
  }
  if (more > 0) boxes.push({ column: 1, row, to: self, leaf: undefined, text: t('tree.more', { n: more }) });
  return boxes;
}

const topOf = (row: number): number => EDGE + row * ROW;

function line(from: Box, to: Omit<Box, 'to'>): Html {
  const x = EDGE + from.column * COLUMN + WIDTH;
  const [y, end] = [topOf(from.row) + HEIGHT / 2, topOf(to.row) + HEIGHT / 2];
  // Whether the line holds is the state of whom it leads to.
  const state = to.leaf && to.leaf.status !== 'completed' ? 'open' : '';
  if (from.column === to.column) {
    return html`<path class="${state}" d="M${x - WIDTH / 2} ${topOf(from.row) + HEIGHT}V${topOf(to.row)}"/>`;
  }
  return html`<path class="${state}" d="M${x} ${y}C${x + GAP / 2} ${y} ${x + GAP / 2} ${end} ${x + GAP} ${end}"/>`;
}

function drawn(t: Translator, program: string, { column, row, leaf, text }: Box, isSelf: boolean): Html {
  const [x, y] = [EDGE + column * COLUMN, topOf(row)];
  const words = html`<text x="${x + 12}" y="${y + 19}">${shortened(text)}</text>`;
  if (!leaf) return html`<g class="more">${words}</g>`;
  const box = html`<title>${text}${leaf.status !== 'completed' && `, ${t.word(leaf.status)}`}</title><rect x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="7"/>${words}`;
  if (isSelf) return html`<g class="self">${box}</g>`;
  return html`<a href="/admin/members/${encodeURIComponent(leaf.member)}${queryOf({ program })}">${box}</a>`;
}

function shortened(text: string): string {
  const letters = [...text];
  if (letters.length <= LETTERS.first + LETTERS.last + 1) return text;
  return `${letters.slice(0, LETTERS.first).join('')}…${letters.slice(-LETTERS.last).join('')}`;
}

function described(t: Translator, { member, by, brought, more }: Tree): string {
  const total = brought.length + more;
  const turn = brought.reduce((sum, each) => sum + each.brought.length + each.more, 0);
  const above = by ? t('tree.broughtBy', { by: by.member, member }) : t('tree.byNobody', { member });
  return `${above} ${t('tree.described', { member, total, turn })}`;
}
