// What the pages can do beyond links and forms; all of them work without it.
// Copy buttons, "select all" in tables, tables as files, and pages that bring themselves up to date. No requests but to our own pages.
const said = document.querySelector('#said');
const say = (text) => {
  if (said) said.textContent = text;
};

// On a phone the sections scroll sideways; the current one is in sight.
document.querySelector('.side [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    source.select?.();
    document.execCommand('copy');
  }
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  button.textContent = button.dataset.copied;
  say(button.dataset.copied);
  setTimeout(() => {
    button.textContent = before;
  }, 2000);
});

const boxesOf = (form) => [...form.querySelectorAll('input[name="ids"]')];
const enhance = () => {
  for (const each of document.querySelectorAll('[data-all], [data-save]')) each.hidden = false;
};
enhance();

// A table as it is seen, as a file. A cell that a spreadsheet would take for a formula is told to be text.
const cellOf = (cell) => {
  const text = cell.innerText.trim().replaceAll(/\s+/g, ' ');
  const safe = /^[=+\-@]/.test(text) && !/^-?[\d.,%]+$/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
document.addEventListener('click', (event) => {
  const from = event.target.closest('[data-save] button')?.closest('[data-file]');
  if (!from) return;
  const lines = [...from.querySelectorAll('tr')].map((row) => [...row.cells].map(cellOf).join(','));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }));
  link.download = `${from.dataset.file.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
});

document.addEventListener('change', (event) => {
  const form = event.target.form;
  if (event.target.matches('[data-all] input')) {
    for (const box of boxesOf(form)) box.checked = event.target.checked;
  }
  const counter = form?.querySelector('[data-chosen]');
  if (counter) counter.textContent = String(boxesOf(form).filter((box) => box.checked).length);
});

document.addEventListener('submit', (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A page that says so is asked for again, soon while figures of it are being counted; what somebody is working in stays.
const live = document.querySelector('[data-live]');
const isBusy = () =>
  document.hidden ||
  live.contains(document.activeElement) ||
  [...live.querySelectorAll('input[type=checkbox]')].some((box) => box.checked) ||
  [...live.querySelectorAll('input, textarea')].some((field) => field.value !== field.defaultValue) ||
  live.querySelector('details[open]') !== null;
const refresh = async () => {
  if (isBusy()) return;
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-live]');
  if (!next || isBusy()) return;
  live.dataset.live = next.dataset.live;
  if (next.innerHTML === live.innerHTML) return;
  live.replaceChildren(...next.childNodes);
  enhance();
};
const later = () => {
  const seconds = Number(live.dataset.live);
  const again = () =>
    refresh()
      .catch(() => {})
      .finally(later);
  if (seconds > 0) setTimeout(again, seconds * 1000);
};
if (live) later();
