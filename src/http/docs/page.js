// Finds operations by words and copies code; the page is whole without it.
const find = document.getElementById('find');
const found = document.getElementById('found');
const operations = [...document.querySelectorAll('.operation')].map((section) => ({
  section,
  text: section.dataset.search,
  link: document.querySelector(`nav a[href="#${section.id}"]`).parentElement,
}));

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { section, text, link } of operations) {
    const fits = words.every((word) => text.includes(word));
    section.hidden = !fits;
    link.hidden = !fits;
    if (fits) count++;
  }
  for (const group of document.querySelectorAll('.group'))
    group.hidden = !group.querySelector('.operation:not([hidden])');
  for (const list of document.querySelectorAll('nav ul')) {
    list.hidden = !list.querySelector('li:not([hidden])');
    list.previousElementSibling.hidden = list.hidden;
  }
  document.querySelector('.intro').hidden = words.length > 0;
  if (words.length > 0) scrollTo({ top: 0, behavior: 'instant' });
  found.textContent = words.length === 0 ? '' : count === 1 ? '1 operation' : `${count} operations`;
}

find.closest('.find').hidden = false;
find.addEventListener('input', filter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== find) {
    event.preventDefault();
    find.closest('details').open = true;
    find.focus();
  }
});

// On a narrow screen the contents would hide what the page begins with.
const menu = document.querySelector('.menu');
const narrow = matchMedia('(max-width: 56rem)');
const fold = () => {
  menu.open = !narrow.matches;
};
fold();
narrow.addEventListener('change', fold);
menu.addEventListener('click', (event) => {
  if (narrow.matches && event.target.closest('nav a')) menu.open = false;
});

if (navigator.clipboard)
  for (const button of document.querySelectorAll('.copy')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.closest('figure').querySelector('code').textContent);
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1500);
    });
  }
