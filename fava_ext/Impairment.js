/**
 * The script of the page "Impairment": explanations in a dialog, sorting, forms, keys, copying.
 *
 * All it does is ask the page's own endpoints for what the server has made, and put it in its
 * place. Without it every link still leads to a page of its own.
 */

const ROOT = ".impairment";

/**
 * Words of the page, in its language.
 *
 * @param {string} key
 * @param {Record<string, string>} [values] What stands in place of the names in braces.
 * @returns {string}
 */
function say(key, values = {}) {
  const place = document.querySelector(`${ROOT} [data-words]`);
  /** @type {Record<string, string>} */
  const words = JSON.parse(place?.getAttribute("data-words") ?? "{}");
  return (words[key] ?? "").replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
}

/** @returns {string} The address of the page, without parameters. */
function pageAddress() {
  return location.pathname.replace(/\/*$/, "/");
}

/**
 * The parameters of this page, with some of them changed.
 *
 * @param {Record<string, string>} changes
 * @returns {URLSearchParams}
 */
function changeParams(changes) {
  const params = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    params.set(name, value);
  }
  return params;
}

/**
 * Ask an endpoint for a piece of the page.
 *
 * @param {string} endpoint
 * @param {URLSearchParams} params
 * @returns {Promise<DocumentFragment>}
 */
async function ask(endpoint, params) {
  const response = await fetch(`${pageAddress()}${endpoint}?${params}`);
  const template = document.createElement("template");
  if (response.ok) {
    template.innerHTML = await response.text();
  } else {
    const paragraph = document.createElement("p");
    paragraph.className = "bad";
    paragraph.setAttribute("role", "alert");
    paragraph.textContent = await readError(response);
    template.content.append(paragraph);
  }
  return template.content;
}

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function readError(response) {
  try {
    /** @type {unknown} */
    const body = await response.json();
    if (typeof body === "object" && body && "error" in body) {
      return String(body.error);
    }
  } catch {
    // not JSON
  }
  return say("answered", { status: String(response.status) });
}

/**
 * Replace part of the view by what other parameters give, and keep the address up to date.
 *
 * @param {HTMLElement} root
 * @param {URLSearchParams} params
 * @param {string} selector
 */
async function refresh(root, params, selector) {
  const old = root.querySelector(selector);
  const number = String(Number(root.dataset.request ?? "0") + 1);
  root.dataset.request = number;
  old?.setAttribute("aria-busy", "true");
  const fragment = await ask("fragment", params);
  if (root.dataset.request !== number || !root.isConnected) {
    return; // another answer is on its way, or the page was left
  }
  const found = fragment.querySelector(selector);
  if (old && found) {
    keepDates(found);
    old.replaceWith(found);
    fitGrids(root);
    history.replaceState(null, "", `${pageAddress()}?${params}${location.hash}`);
  } else {
    old?.removeAttribute("aria-busy");
    old?.replaceChildren(fragment);
  }
}

/**
 * The table that something stands in, and how it is found in an answer.
 *
 * @param {Element} part
 * @returns {{ grid: Element | null, selector: string }}
 */
function findGrid(part) {
  const grid = part.closest("[data-grid]");
  const name = grid?.getAttribute("data-grid") ?? "";
  return { grid, selector: `[data-grid="${CSS.escape(name)}"]` };
}

/**
 * Sort a table; the heading keeps the focus.
 *
 * @param {HTMLElement} root
 * @param {HTMLButtonElement} button
 */
async function sort(root, button) {
  const { grid, selector } = findGrid(button);
  const key = (button.dataset.sort ?? "").replace(/^-/, "");
  const left = grid?.querySelector(".scroll")?.scrollLeft ?? 0;
  await refresh(root, changeParams({ sort: button.dataset.sort ?? "" }), selector);
  const fresh = root.querySelector(selector);
  fresh?.querySelector(".scroll")?.scrollTo({ left });
  const heads = [...(fresh?.querySelectorAll("button[data-sort]") ?? [])];
  const same = heads.find((head) => head.getAttribute("data-sort")?.replace(/^-/, "") === key);
  if (same instanceof HTMLElement) {
    same.focus({ preventScroll: true });
  }
}

/**
 * Show the explanation that a link leads to in a dialog, at an address of its own.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement | null} link
 * @param {URLSearchParams} params
 */
async function explain(root, link, params) {
  params.delete("view");
  const fragment = await ask("explain_panel", params);
  if (!root.isConnected) {
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", say("explanation", { item: params.get("item") ?? "" }));
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.textContent = say("close");
  close.addEventListener("click", () => dialog.close());
  keepDates(fragment);
  dialog.append(close, fragment);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) {
      dialog.close(); // a click beside it
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link?.focus();
    if (location.hash.startsWith(EXPLAINS)) {
      history.back(); // to the address of the view
    }
  });
  root.append(dialog);
  dialog.showModal();
  if (!location.hash.startsWith(EXPLAINS)) {
    history.pushState(null, "", `${EXPLAINS}${params}`);
  }
}

/** Begins the part of an address that says what is explained over a view. */
const EXPLAINS = "#explain?";

/**
 * The address has changed: Back closes an explanation, Forward opens it again. Fava loads nothing
 * where only this part of the address is another one.
 */
function followAddress() {
  const root = document.querySelector(ROOT);
  const dialog = root?.querySelector("dialog");
  const isAsked = location.hash.startsWith(EXPLAINS);
  if (dialog && !isAsked) {
    dialog.close();
  } else if (root instanceof HTMLElement && isAsked && !dialog) {
    void explain(root, null, new URLSearchParams(location.hash.slice(EXPLAINS.length)));
  }
}

/**
 * A click on an item, in a table or in a treemap.
 *
 * @param {HTMLElement} root
 * @param {MouseEvent} event
 * @param {Element} target
 */
function followItem(root, event, target) {
  const isPlain =
    event.button === 0 && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const link = target.closest("a");
  if (!link || !isPlain) {
    return;
  }
  if (link.hasAttribute("data-explain")) {
    event.preventDefault();
    void explain(root, link, new URL(link.href).searchParams);
  }
}

/**
 * The text of an element.
 *
 * @param {HTMLElement} root
 * @param {string} id
 * @returns {string}
 */
function textOf(root, id) {
  return root.querySelector(`#${CSS.escape(id)}`)?.textContent ?? "";
}

/**
 * Copy text, and say so: on the button that was pressed, and to screen readers.
 *
 * @param {HTMLElement} root
 * @param {HTMLButtonElement} button
 * @param {string} text
 */
async function copy(root, button, text) {
  const status = root.querySelector("[data-status]");
  const words = button.textContent;
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    isCopied = copyOldWay(text);
  }
  if (status) {
    status.textContent = say(isCopied ? "done" : "refused");
  }
  if (isCopied && !button.dataset.words) {
    button.dataset.words = words;
    button.textContent = say("copied");
    setTimeout(() => {
      button.textContent = button.dataset.words ?? words;
      delete button.dataset.words;
    }, 1500);
  }
}

/**
 * Copy as browsers did before, which also works where the address is not a safe one.
 *
 * @param {string} text
 * @returns {boolean}
 */
function copyOldWay(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}

/**
 * The lines of a list that are chosen; all of them if none is.
 *
 * @param {HTMLElement} root
 * @param {string} id
 * @returns {{ lines: string[], isChosen: boolean }}
 */
function readChosen(root, id) {
  const boxes = [...root.querySelectorAll(`#${CSS.escape(id)} input[data-line]`)].filter(
    (box) => box instanceof HTMLInputElement,
  );
  const chosen = boxes.filter((box) => box.checked);
  const lines = (chosen.length ? chosen : boxes).map((box) => textOf(root, box.dataset.line ?? ""));
  return { lines: [...new Set(lines)], isChosen: chosen.length > 0 };
}

/**
 * Say on the button what it will copy.
 *
 * @param {HTMLElement} root
 */
function countChosen(root) {
  for (const button of root.querySelectorAll("button[data-copy-chosen]")) {
    if (button instanceof HTMLButtonElement) {
      const { lines, isChosen } = readChosen(root, button.dataset.copyChosen ?? "");
      const { all = "", some = "" } = button.dataset;
      button.textContent = isChosen ? `${some}${lines.length}` : all;
    }
  }
}

/**
 * The fields of the grid of prices.
 *
 * @param {HTMLElement} root
 * @returns {HTMLInputElement[]}
 */
function priceFields(root) {
  const fields = [...root.querySelectorAll("input[data-price]")];
  return fields.filter((field) => field instanceof HTMLInputElement);
}

/**
 * Paste a column of a spreadsheet: one column fills the fields from here on, several columns name
 * the item first and its price last.
 *
 * @param {HTMLElement} root
 * @param {HTMLInputElement} field
 * @param {string} text
 * @returns {boolean} Whether it was more than one cell.
 */
function pastePrices(root, field, text) {
  const rows = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n");
  const cells = rows.map((row) => row.split("\t").map((cell) => cell.trim()));
  const isWide = cells.some((row) => row.length > 1);
  if (rows.length < 2 && !isWide) {
    return false;
  }
  const fields = priceFields(root);
  const unknown = isWide ? fillByName(fields, cells) : fillDown(fields, field, cells);
  const told = root.querySelector("[data-price-told]");
  if (told) {
    told.textContent = unknown.length ? say("unknown", { items: unknown.join(", ") }) : "";
  }
  return true;
}

/**
 * @param {HTMLInputElement[]} fields
 * @param {HTMLInputElement} field
 * @param {string[][]} cells
 * @returns {string[]} What has no field.
 */
function fillDown(fields, field, cells) {
  const start = fields.indexOf(field);
  return cells.flatMap(([cell = ""], i) => {
    const target = fields[start + i];
    if (target) {
      target.value = cell;
      return [];
    }
    return cell ? [cell] : [];
  });
}

/**
 * @param {HTMLInputElement[]} fields
 * @param {string[][]} cells
 * @returns {string[]} Items that have no field.
 */
function fillByName(fields, cells) {
  /** @type {Map<string, HTMLInputElement[]>} */
  const known = new Map();
  for (const field of fields) {
    const { price = "", name = "", sku = "" } = field.dataset;
    for (const word of new Set([price, name, sku].filter(Boolean).map((word) => word.toLowerCase()))) {
      known.set(word, [...(known.get(word) ?? []), field]);
    }
  }
  return cells.flatMap((row) => {
    const found = known.get((row[0] ?? "").toLowerCase()) ?? [];
    for (const field of found) {
      field.value = row.filter(Boolean).at(-1) ?? "";
    }
    return found.length || !row[0] ? [] : [row[0]];
  });
}

const LONGEST_SHEET = 2500; // of an address, with what the server and proxies before it add

/**
 * What is filled in, in pieces that fit into an address.
 *
 * @param {HTMLInputElement[]} fields
 * @returns {HTMLInputElement[][]}
 */
function splitFields(fields) {
  /** @type {HTMLInputElement[][]} */
  const pieces = [];
  let length = LONGEST_SHEET;
  for (const field of fields) {
    const size = encodeURIComponent(writeLine(field)).length;
    if (length + size > LONGEST_SHEET) {
      pieces.push([]);
      length = 0;
    }
    pieces.at(-1)?.push(field);
    length += size;
  }
  return pieces;
}

/**
 * @param {HTMLInputElement} field
 * @returns {string}
 */
function writeLine(field) {
  const value = field.value.trim().replaceAll('"', "").replaceAll(";", " ");
  return `${field.dataset.price ?? ""};${value};${field.dataset.currency ?? ""}\n`;
}

/**
 * Have what is filled in checked, and show the directives that it gives.
 *
 * @param {HTMLElement} root
 */
async function showPrices(root) {
  const output = root.querySelector("#price-lines");
  const number = String(Number(root.dataset.prices ?? "0") + 1);
  root.dataset.prices = number;
  const filled = priceFields(root).filter((field) => field.value.trim());
  const pieces = splitFields(filled);
  const found = await Promise.all(pieces.map((fields) => checkPrices(root, fields)));
  if (root.dataset.prices !== number || !output) {
    return; // something else was filled in meanwhile
  }
  output.textContent = found.map((piece) => piece.text).join("");
  const faults = new Map(found.flatMap((piece) => [...piece.faults]));
  for (const field of priceFields(root)) {
    tellFault(root, field, faults.get(field) ?? "");
  }
}

/**
 * @param {HTMLElement} root
 * @param {HTMLInputElement[]} fields
 * @returns {Promise<{ text: string, faults: Map<HTMLInputElement, string> }>}
 */
async function checkPrices(root, fields) {
  const date = root.querySelector("[data-price-date]");
  const tax = root.querySelector("[data-price-tax]");
  const params = changeParams({ sheet: fields.map(writeLine).join("") });
  params.set("date", date instanceof HTMLInputElement ? date.value : "");
  params.set("tax", tax instanceof HTMLInputElement ? tax.value : "");
  const response = await fetch(`${pageAddress()}price_lines?${params}`);
  /** @type {Map<HTMLInputElement, string>} */
  const faults = new Map();
  if (!response.ok) {
    const words = await readError(response);
    fields.forEach((field) => faults.set(field, words));
    return { text: "", faults };
  }
  /** @type {{ text: string, problems: { line: number, message: string }[] }} */
  const body = await response.json();
  for (const { line, message } of body.problems) {
    const field = fields[line - 2]; // the first line is the header
    if (field) {
      faults.set(field, message);
    }
  }
  return { text: body.text, faults };
}

/**
 * @param {HTMLElement} root
 * @param {HTMLInputElement} field
 * @param {string} words
 */
function tellFault(root, field, words) {
  const id = field.getAttribute("aria-describedby") ?? "";
  const place = root.querySelector(`#${CSS.escape(id)}`);
  field.toggleAttribute("aria-invalid", Boolean(words));
  if (words) {
    field.setAttribute("aria-invalid", "true");
  }
  if (place) {
    place.textContent = words;
  }
}

/**
 * @param {HTMLElement} field
 * @returns {boolean}
 */
function isOfPrices(field) {
  const { price, priceDate, priceTax } = field.dataset;
  return [price, priceDate, priceTax].some((value) => value !== undefined);
}

/**
 * @param {HTMLElement} root
 * @param {MouseEvent} event
 */
function onClick(root, event) {
  const target = event.target instanceof Element ? event.target : null;
  const button = target?.closest("button");
  if (button?.dataset.sort !== undefined) {
    void sort(root, button);
  } else if (button?.dataset.rows !== undefined) {
    void refresh(root, changeParams({ rows: button.dataset.rows }), findGrid(button).selector);
  } else if (button?.dataset.copy !== undefined) {
    void copy(root, button, `${textOf(root, button.dataset.copy).trimEnd()}\n`);
  } else if (button?.dataset.copyChosen !== undefined) {
    void copy(root, button, `${readChosen(root, button.dataset.copyChosen).lines.join("\n")}\n`);
  } else if (target) {
    followItem(root, event, target);
  }
}

/**
 * The arrow keys lead from one view to the next; Enter opens it, as any link.
 *
 * @param {KeyboardEvent} event
 */
function onKey(event) {
  const nav = event.target instanceof Element ? event.target.closest("nav") : null;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!nav || !step) {
    return;
  }
  const links = [...nav.querySelectorAll("a")];
  const now = links.findIndex((link) => link === event.target);
  links[(now + step + links.length) % links.length]?.focus();
  event.preventDefault();
}

/**
 * A field was changed: show what it gives, without loading the page.
 *
 * @param {HTMLElement} root
 * @param {HTMLFormElement} form
 */
function submit(root, form) {
  if (!form.checkValidity()) {
    return;
  }
  const params = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    params.append(name, String(value));
  }
  void refresh(root, params, "[data-result]");
}

/**
 * Bring the name of the open view into sight, where there is no room for all.
 *
 * @param {HTMLElement} root
 */
function reveal(root) {
  const current = root.querySelector('nav [aria-current="page"]');
  const nav = current?.parentElement;
  if (current && nav) {
    const hidden = current.getBoundingClientRect().right - nav.getBoundingClientRect().right;
    nav.scrollLeft += Math.max(0, hidden);
  }
}

/**
 * A table that is too wide is drawn closer together; if that is not enough, its rows are cards.
 *
 * @param {HTMLElement} root
 */
function fitGrids(root) {
  const grids = [...root.querySelectorAll(".grid")].filter((grid) => grid instanceof HTMLElement);
  for (const grid of grids) {
    grid.classList.remove("tight", "narrow");
    grid.style.removeProperty("--amount");
  }
  for (const step of ["tight", "narrow"]) {
    grids.forEach(giveRoom);
    const wide = grids.filter((grid) => [...grid.children].some(isTooWide));
    wide.forEach((grid) => grid.classList.add(step));
  }
  grids.forEach(giveRoom);
}

/**
 * Where amounts stand below their titles, give them the room that the longest one takes.
 *
 * @param {HTMLElement} grid
 */
function giveRoom(grid) {
  const cut = [...grid.querySelectorAll("td.num")].filter(isTooWide);
  const longest = cut.reduce((most, { scrollWidth }) => Math.max(most, scrollWidth), 0);
  if (longest) {
    grid.style.setProperty("--amount", `${longest}px`);
  }
}

/**
 * @param {Element} part
 * @returns {boolean}
 */
function isTooWide(part) {
  return part.scrollWidth > part.clientWidth + 1;
}

/**
 * Do so whenever there is another width for them.
 *
 * @param {HTMLElement} root
 */
function watchGrids(root) {
  let width = 0;
  new ResizeObserver(() => {
    if (root.clientWidth !== width) {
      width = root.clientWidth;
      fitGrids(root);
    }
  }).observe(root);
}

const DATE = /(?<!\d)(\d{4}-\d\d-\d\d)(?!\d)/;

/**
 * Keep the dates of sentences in one line; what is copied stays as it is.
 *
 * @param {Node} part
 */
function keepDates(part) {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text instanceof Text && DATE.test(text.data) && !text.parentElement?.closest(UNBROKEN)) {
      found.push(text);
    }
  }
  for (const text of found) {
    const pieces = text.data.split(DATE).map((piece, i) => (i % 2 ? keep(piece) : piece));
    text.replaceWith(...pieces);
  }
}

/** Where lines do not break, or only where they have to. */
const UNBROKEN = "pre, .plot, style, template";

/**
 * @param {string} date
 * @returns {HTMLElement}
 */
function keep(date) {
  const whole = document.createElement("span");
  whole.className = "whole";
  whole.textContent = date;
  return whole;
}

/**
 * Charts are drawn by a module of their own, where there are any.
 *
 * @param {HTMLElement} root
 */
async function drawCharts(root) {
  if (root.querySelector(".plot")) {
    /** @type {typeof import("./charts.js")} */
    const charts = await import(`${pageAddress()}charts.js`);
    charts.drawCharts(root);
  }
}

/**
 * Rows that only paper shows, until it is printed.
 *
 * @type {Element[]}
 */
const printed = [];

/** A long table comes in part, but is printed whole: the browser waits here for the rest of it. */
function fillPaper() {
  const root = document.querySelector(ROOT);
  const cut = [...(root?.querySelectorAll(".more") ?? [])];
  if (!cut.length || root?.querySelector("dialog")) {
    return;
  }
  const request = new XMLHttpRequest();
  request.open("GET", `${pageAddress()}fragment?${changeParams({ rows: "all" })}`, false);
  request.send();
  const template = document.createElement("template");
  template.innerHTML = request.status === 200 ? request.responseText : "";
  for (const more of cut) {
    const { grid, selector } = findGrid(more);
    const shown = grid?.querySelector(ROWS);
    const whole = template.content.querySelector(`${selector} ${ROWS}`);
    if (shown && whole) {
      const rest = [...whole.children].slice(shown.children.length);
      rest.forEach((row) => row.classList.add("rest"));
      shown.append(...rest);
      more.classList.add("screen");
      printed.push(...rest);
    }
  }
}

/** What holds the rows of a table, or the tasks of the list. */
const ROWS = ":is(tbody, ol.tasks)";

/** The screen goes on with what it had. */
function emptyPaper() {
  printed.splice(0).forEach((row) => row.remove());
  for (const more of document.querySelectorAll(`${ROOT} .more.screen`)) {
    more.classList.remove("screen");
  }
}

/** @param {HTMLElement} root */
function prepare(root) {
  if (root.dataset.ready) {
    return;
  }
  root.dataset.ready = "yes";
  keepDates(root);
  followAddress();
  reveal(root);
  void drawCharts(root);
  watchGrids(root);
  void document.fonts.ready.then(() => {
    reveal(root); // they change the widths
    fitGrids(root);
  });
  root.addEventListener("click", (event) => onClick(root, event));
  root.addEventListener("keydown", onKey);
  root.addEventListener("toggle", () => fitGrids(root), true);
  root.addEventListener("change", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
      if (field.dataset.line) {
        countChosen(root);
      } else if (isOfPrices(field)) {
        void showPrices(root);
      } else if (field.form) {
        submit(root, field.form);
      }
    }
  });
  root.addEventListener("paste", (event) => {
    const field = event.target;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const isField = field instanceof HTMLInputElement && field.dataset.price !== undefined;
    if (isField && pastePrices(root, field, text)) {
      event.preventDefault();
      void showPrices(root);
    }
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target instanceof HTMLFormElement) {
      submit(root, event.target);
    }
  });
}

/** @type {Fava.Extension} */
export default {
  init() {
    window.addEventListener("popstate", followAddress);
    window.addEventListener("beforeprint", fillPaper);
    window.addEventListener("afterprint", emptyPaper);
  },
  onExtensionPageLoad() {
    const root = document.querySelector(ROOT);
    if (root instanceof HTMLElement) {
      prepare(root);
    }
  },
};
