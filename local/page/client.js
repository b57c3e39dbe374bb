// Keeps the page live: the server sends each changed row (already escaped there) and the id it belongs to.
const list = document.querySelector('.messages');
const shownId = document.body.dataset.message;
const updates = new EventSource('/updates');

updates.addEventListener('message', (event) => {
  const { id, row } = JSON.parse(event.data);
  if (list !== null) {
    const template = document.createElement('template');
    template.innerHTML = row;
    const old = document.getElementById(`message-${id}`);
    if (old === null) list.prepend(template.content);
    else old.replaceWith(template.content);
    document.getElementById('empty')?.remove();
  }
  if (shownId === id) refresh();
});

let refreshing = false;
let again = false;
/** What changes while the page is being read makes it be read once more. */
async function refresh() {
  again = true;
  if (refreshing) return;
  refreshing = true;
  try {
    while (again) {
      again = false;
      await readAgain();
    }
  } finally {
    refreshing = false;
  }
}

async function readAgain() {
  const answer = await fetch(location.href);
  if (answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of ['#outcomes', '#way']) {
      const fresh = page.querySelector(part);
      if (fresh !== null) document.querySelector(part)?.replaceWith(fresh);
    }
  }
}
