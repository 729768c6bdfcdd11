// What a report does beyond showing: search, sorting and keys. The pages are whole without it.
(() => {
  'use strict';
  const isTyping = event => /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey;

  if (document.body.dataset.page === 'unit') {
    const relations = { ArrowLeft: 'prev', ArrowRight: 'next', u: 'up' };
    document.addEventListener('keydown', event => {
      const link = !isTyping(event) && relations[event.key] && document.querySelector(`header a[rel=${relations[event.key]}]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
    });
    return;
  }

  const field = document.getElementById('q');
  const order = document.getElementById('sort');
  const count = document.getElementById('count');
  const wordsOf = text => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const sections = [...document.querySelectorAll('main > section')].map(element => {
    const title = element.querySelector('h2 bdi').textContent;
    const list = element.querySelector('ul');
    return {
      element, list, words: wordsOf(title),
      tiles: [...list.children].map((tile, place) => ({ tile, place, link: tile.firstElementChild, words: null })),
    };
  });
  const total = sections.reduce((sum, section) => sum + section.tiles.length, 0);

  // One stop for the tab key in each layer; the arrows go from picture to picture.
  function setStops() {
    for (const section of sections) {
      let isFirst = true;
      for (const { tile, link } of section.tiles) {
        link.tabIndex = isFirst && !tile.hidden ? 0 : -1;
        isFirst = isFirst && tile.hidden;
      }
    }
  }

  function search() {
    const wanted = wordsOf(field.value);
    // A number is meant as a whole, a word by its beginning.
    const fits = (have, want) => have.some(word => /^\d+$/.test(want) ? word === want : word.startsWith(want));
    let found = 0;
    for (const section of sections) {
      let inside = 0;
      for (const entry of section.tiles) {
        entry.words ??= wordsOf(entry.link.querySelector('b').textContent);
        const isFound = wanted.every(want => fits(entry.words, want) || fits(section.words, want));
        entry.tile.hidden = !isFound;
        inside += isFound;
      }
      section.element.hidden = inside === 0;
      found += inside;
    }
    count.textContent = wanted.length === 0 ? `${total} pictures` : `${found} of ${total} pictures`;
    setStops();
    remember();
  }

  function sort() {
    const key = order.value;
    const rising = key === 'l' || key === 'v' ? 1 : -1;
    const value = entry => key in entry.tile.dataset ? Number(entry.tile.dataset[key]) : NaN;
    // What is moved loses the focus.
    const focused = document.activeElement;
    for (const section of sections) {
      section.tiles.sort((one, other) => {
        const [a, b] = key === '' ? [one.place, other.place] : [rising * value(one), rising * value(other)];
        // What has no such score comes last.
        return Number.isNaN(a) || Number.isNaN(b) ? Number.isNaN(a) - Number.isNaN(b) || one.place - other.place : a - b || one.place - other.place;
      });
      section.list.append(...section.tiles.map(entry => entry.tile));
    }
    focused?.focus();
    setStops();
    remember();
  }

  // A link to what is found; browsers that allow no such change for files leave the address as it is.
  function remember() {
    const parameters = new URLSearchParams();
    if (field.value) {
      parameters.set('q', field.value);
    }
    if (order.value) {
      parameters.set('sort', order.value);
    }
    const text = parameters.toString();
    try {
      history.replaceState(null, '', (text ? `?${text}` : location.pathname) + location.hash);
    } catch (error) {
      if (error.name !== 'SecurityError') {
        throw error;
      }
    }
  }

  function move(from, key) {
    const shown = sections.flatMap(section => section.element.hidden ? [] : section.tiles.filter(entry => !entry.tile.hidden));
    const at = shown.findIndex(entry => entry.link === from);
    if (at < 0) {
      return null;
    }
    if (key === 'ArrowLeft' || key === 'ArrowRight') {
      return shown[at + (key === 'ArrowRight' ? 1 : -1)]?.link;
    }
    if (key === 'Home' || key === 'End') {
      return shown.at(key === 'Home' ? 0 : -1).link;
    }
    // Up and down: the nearest picture of the next row, also over the end of a layer.
    const step = key === 'ArrowDown' ? 1 : -1;
    const here = from.getBoundingClientRect();
    let row = null;
    let best = null;
    for (let i = at + step; i >= 0 && i < shown.length; i += step) {
      const there = shown[i].link.getBoundingClientRect();
      if (Math.abs(there.top - here.top) < 2) {
        continue;
      }
      row ??= there.top;
      if (Math.abs(there.top - row) >= 2) {
        break;
      }
      const distance = Math.abs(there.left - here.left);
      if (best === null || distance < best.distance) {
        best = { distance, link: shown[i].link };
      }
    }
    return best?.link;
  }

  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      if (field.value || order.value) {
        field.value = '';
        order.value = '';
        sort();
        search();
      }
      return;
    }
    if (event.target === field && (event.key === 'Enter' || event.key === 'ArrowDown')) {
      const first = sections.flatMap(section => section.tiles).find(entry => !entry.tile.hidden);
      event.preventDefault();
      first?.link.focus();
      return;
    }
    if (isTyping(event)) {
      return;
    }
    if (event.key === '/') {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === 's') {
      order.selectedIndex = (order.selectedIndex + 1) % order.options.length;
      sort();
    } else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key) && event.target.closest('.tiles a')) {
      const link = move(event.target, event.key);
      if (link) {
        event.preventDefault();
        link.focus();
      }
    }
  });
  field.addEventListener('input', search);
  order.addEventListener('change', sort);
  document.getElementById('find').addEventListener('submit', event => event.preventDefault());

  const asked = new URLSearchParams(location.search);
  field.value = asked.get('q') ?? '';
  order.value = [...order.options].some(option => option.value === asked.get('sort')) ? asked.get('sort') : '';
  if (order.value) {
    sort();
  }
  if (field.value) {
    search();
  }
  setStops();
})();
