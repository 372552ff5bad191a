/**
 * Draws the charts of the page from the tables that stand below them.
 *
 * Areas and columns over time are SVG with a crosshair that reads out all series, by pointer and by
 * arrow keys; a treemap is made of links. Numbers are only drawn: what is read stands in the table.
 */

const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 230;
const TOP = 8;
const BOTTOM = 22;
const CHARACTER = 6.6; // about the width of one, in pixels

/** @typedef {{ name: string, short: string, group: string, link: HTMLAnchorElement | null, sizes: number[], texts: string[] }} Row */
/** @typedef {{ key: string, title: string }} Series */
/** @typedef {{ rows: Row[], series: Series[], ticks: [number, string][] }} Data */
/** @typedef {{ left: number, right: number, low: number, high: number }} Frame */
/** @typedef {{ row: Row, size: number, x: number, y: number, width: number, height: number }} Tile */

/**
 * @param {HTMLElement} figure
 * @returns {Data}
 */
function readData(figure) {
  const heads = [...figure.querySelectorAll("th[data-key]")];
  const lines = [...figure.querySelectorAll("tbody tr")];
  /** @type {[string, string][]} */
  const ticks = JSON.parse(figure.dataset.ticks ?? "[]");
  return {
    series: heads.map((head) => ({
      key: head.getAttribute("data-key") ?? "",
      title: head.textContent ?? "",
    })),
    rows: lines.map((line) => {
      const cells = [...line.querySelectorAll("td[data-n]")];
      return {
        name: line.querySelector("th")?.textContent?.trim() ?? "",
        short: line.getAttribute("data-short") ?? "",
        group: line.getAttribute("data-group") ?? "",
        link: line.querySelector("a"),
        sizes: cells.map((cell) => Number(cell.getAttribute("data-n"))),
        texts: cells.map((cell) => cell.textContent ?? ""),
      };
    }),
    ticks: ticks.map(([size, text]) => [Number(size), text]),
  };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElement}
 */
function shape(name, attributes, text) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, String(value));
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

/**
 * @param {Frame} frame
 * @param {number} size
 */
function findY(frame, size) {
  const share = (size - frame.low) / (frame.high - frame.low || 1);
  return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
}

/**
 * Where a point stands: areas reach from edge to edge, columns have a place each.
 *
 * @param {Frame} frame
 * @param {number} index
 * @param {number} count
 * @param {boolean} isArea
 */
function findX(frame, index, count, isArea) {
  const width = frame.right - frame.left;
  if (!isArea || count === 1) {
    return frame.left + ((index + 0.5) * width) / count;
  }
  return frame.left + (index * width) / (count - 1);
}

/**
 * @param {SVGElement} svg
 * @param {Data} data
 * @param {Frame} frame
 * @param {boolean} isArea
 */
function drawAxes(svg, data, frame, isArea) {
  for (const [size, text] of data.ticks) {
    const y = findY(frame, size);
    const tone = size === 0 ? "zero" : "line";
    svg.append(shape("line", { class: tone, x1: frame.left, x2: frame.right, y1: y, y2: y }));
    svg.append(shape("text", { x: frame.left - 6, y: y + 4, "text-anchor": "end" }, text));
  }
  const count = data.rows.length;
  const longest = Math.max(...data.rows.map((row) => row.short.length)) * CHARACTER + 14;
  const step = Math.max(1, Math.ceil((count * longest) / (frame.right - frame.left)));
  data.rows.forEach((row, index) => {
    if ((count - 1 - index) % step === 0) {
      const middle = findX(frame, index, count, isArea);
      const half = (row.short.length * CHARACTER) / 2;
      const x = Math.min(Math.max(middle, frame.left + half), frame.right - half + 4);
      svg.append(shape("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, row.short));
    }
  });
}

/**
 * Cost as a line, the carrying amount below it, and the allowance as the gap between the two.
 *
 * @param {SVGElement} svg
 * @param {Data} data
 * @param {Frame} frame
 */
function drawAreas(svg, data, frame) {
  const keys = data.series.map((series) => series.key);
  const count = data.rows.length;
  const places = count === 1 ? [frame.left, frame.right] : data.rows.map((_, i) => findX(frame, i, count, true));
  /** @param {string} key */
  const trace = (key) => {
    const at = keys.indexOf(key);
    return places.map((x, i) => {
      const size = data.rows[Math.min(i, count - 1)]?.sizes[at] ?? 0;
      return `${x.toFixed(1)},${findY(frame, at < 0 ? 0 : size).toFixed(1)}`;
    });
  };
  const base = `${frame.right},${findY(frame, 0)} ${frame.left},${findY(frame, 0)}`;
  const lower = trace(keys.includes("carrying") ? "carrying" : "cost");
  svg.append(shape("polygon", { "data-tone": "carrying", points: `${lower.join(" ")} ${base}` }));
  if (keys.includes("allowance")) {
    const points = [...trace("cost"), ...lower.reverse()].join(" ");
    svg.append(shape("polygon", { "data-tone": "allowance", points }));
  }
  svg.append(shape("polyline", { "data-tone": "cost", points: trace("cost").join(" ") }));
}

/**
 * @param {SVGElement} svg
 * @param {Data} data
 * @param {Frame} frame
 */
function drawColumns(svg, data, frame) {
  const count = data.rows.length;
  const width = Math.min(48, ((frame.right - frame.left) / count) * 0.72);
  data.rows.forEach((row, index) => {
    const x = findX(frame, index, count, false) - width / 2;
    let above = 0;
    let below = 0;
    row.sizes.forEach((size, i) => {
      const from = size > 0 ? above : below;
      const [y1, y2] = [findY(frame, from), findY(frame, from + size)];
      const key = data.series[i]?.key ?? "";
      if (size) {
        const box = { x, width, y: Math.min(y1, y2), height: Math.abs(y1 - y2) };
        svg.append(shape("rect", { "data-tone": key, ...box }));
      }
      above += Math.max(0, size);
      below += Math.min(0, size);
    });
  });
}

/**
 * @param {HTMLElement} figure
 * @param {HTMLElement} plot
 */
function drawOverTime(figure, plot) {
  const data = readData(figure);
  const isArea = figure.dataset.chart === "area";
  const sizes = data.ticks.map(([size]) => size);
  const width = plot.clientWidth;
  const margin = Math.max(...data.ticks.map(([, text]) => text.length)) * CHARACTER + 10;
  const frame = { left: margin, right: width - 4, low: Math.min(...sizes), high: Math.max(...sizes) };
  const svg = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img" });
  svg.setAttribute("aria-label", figure.dataset.drawn ?? "");
  drawAxes(svg, data, frame, isArea);
  (isArea ? drawAreas : drawColumns)(svg, data, frame);
  plot.replaceChildren(svg, makeCrosshair(figure, data, frame, isArea));
}

/**
 * A slider over the chart: the point that it stands at is read out with all its series.
 *
 * @param {HTMLElement} figure
 * @param {Data} data
 * @param {Frame} frame
 * @param {boolean} isArea
 */
function makeCrosshair(figure, data, frame, isArea) {
  const count = data.rows.length;
  const slider = document.createElement("div");
  const readout = document.createElement("div");
  const hair = document.createElement("span");
  slider.className = "crosshair";
  slider.tabIndex = 0;
  slider.setAttribute("role", "slider");
  slider.setAttribute("aria-label", figure.dataset.point ?? "");
  slider.setAttribute("aria-valuemin", "1");
  slider.setAttribute("aria-valuemax", String(count));
  readout.className = "readout";
  hair.className = "hair";
  slider.append(hair, readout);
  let now = count - 1;

  /** @param {number} index */
  function show(index) {
    now = Math.min(Math.max(index, 0), count - 1);
    const row = data.rows[now];
    if (row) {
      const x = findX(frame, now, count, isArea);
      hair.style.left = `${x}px`;
      fill(readout, row, data.series);
      const room = slider.clientWidth - readout.offsetWidth;
      const place = x > (frame.left + frame.right) / 2 ? x - readout.offsetWidth - 10 : x + 10;
      readout.style.left = `${Math.max(0, Math.min(place, room))}px`;
      slider.setAttribute("aria-valuenow", String(now + 1));
      slider.setAttribute("aria-valuetext", tell(row, data.series));
    }
  }
  show(now);
  slider.addEventListener("pointermove", (event) => {
    const x = event.clientX - slider.getBoundingClientRect().left;
    const share = (x - frame.left) / (frame.right - frame.left);
    show(isArea ? Math.round(share * (count - 1)) : Math.floor(share * count));
  });
  slider.addEventListener("click", () => data.rows[now]?.link?.click());
  slider.addEventListener("keydown", (event) => {
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: now - 1,
      ArrowDown: now - 1,
      ArrowRight: now + 1,
      ArrowUp: now + 1,
      Home: 0,
      End: count - 1,
    };
    const place = places[event.key];
    if (place !== undefined) {
      show(place);
      event.preventDefault();
    } else if (event.key === "Enter") {
      data.rows[now]?.link?.click();
    }
  });
  return slider;
}

/**
 * @param {Row} row
 * @param {Series[]} series
 */
function tell(row, series) {
  return [row.name, ...series.map(({ title }, i) => `${title} ${row.texts[i]}`)].join(", ");
}

/**
 * @param {HTMLElement} readout
 * @param {Row} row
 * @param {Series[]} series
 */
function fill(readout, row, series) {
  const lines = series.map(({ key, title }, i) => {
    const line = document.createElement("div");
    const name = document.createElement("span");
    const number = document.createElement("span");
    name.dataset.tone = key;
    name.textContent = title;
    number.className = "num";
    number.textContent = row.texts[i] ?? "";
    line.append(name, number);
    return line;
  });
  const head = document.createElement("strong");
  head.textContent = row.name;
  readout.replaceChildren(head, ...lines);
}

/**
 * Fill a rectangle with rows of tiles that are about as wide as high, the largest first.
 *
 * @param {{ row: Row, size: number }[]} items
 * @param {{ x: number, y: number, width: number, height: number }} box
 * @returns {Tile[]}
 */
function tile(items, box) {
  let { x, y, width, height } = box;
  const rest = [...items];
  /** @type {Tile[]} */
  const tiles = [];
  while (rest.length) {
    const side = Math.min(width, height);
    const scale = (width * height) / (rest.reduce((sum, item) => sum + item.size, 0) || 1);
    /** @param {{ size: number }[]} group */
    const judge = (group) => {
      const depth = (group.reduce((sum, item) => sum + item.size, 0) * scale) / side;
      return Math.max(...group.map(({ size }) => Math.max(depth ** 2 / (size * scale), (size * scale) / depth ** 2)));
    };
    const first = rest.shift();
    const group = first ? [first] : [];
    for (let next = rest[0]; next && judge([...group, next]) <= judge(group); next = rest[0]) {
      group.push(next);
      rest.shift();
    }
    const depth = (group.reduce((sum, item) => sum + item.size, 0) * scale) / side;
    let along = 0;
    for (const item of group) {
      const length = (item.size * scale) / depth;
      const isUpright = width >= height;
      tiles.push({
        ...item,
        x: isUpright ? x : x + along,
        y: isUpright ? y + along : y,
        width: isUpright ? depth : length,
        height: isUpright ? length : depth,
      });
      along += length;
    }
    if (width >= height) {
      [x, width] = [x + depth, width - depth];
    } else {
      [y, height] = [y + depth, height - depth];
    }
  }
  return tiles;
}

/**
 * @param {HTMLElement} figure
 * @param {HTMLElement} plot
 */
function drawTree(figure, plot) {
  const { rows } = readData(figure);
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows.filter(({ sizes }) => (sizes[0] ?? 0) > 0)) {
    groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  }
  const branches = [...groups.values()].map((branch) => {
    const size = branch.reduce((sum, row) => sum + (row.sizes[0] ?? 0), 0);
    return { row: /** @type {Row} */ (branch[0]), size, branch };
  });
  branches.sort((one, other) => other.size - one.size);
  const box = { x: 0, y: 0, width: plot.clientWidth, height: HEIGHT };
  const tiles = tile(branches, box).flatMap((place, i) =>
    tile((branches[i]?.branch ?? []).map((row) => ({ row, size: row.sizes[0] ?? 0 })), place),
  );
  plot.style.height = `${HEIGHT}px`;
  plot.replaceChildren(...tiles.map((place) => makeLeaf(place, figure, box.width)));
}

/**
 * @param {Tile} place
 * @param {HTMLElement} figure
 * @param {number} whole The width of all: paper has another one.
 */
function makeLeaf({ row, x, y, width, height }, figure, whole) {
  const leaf = document.createElement(row.link ? "a" : "span");
  const what = [row.name, row.group, row.texts[0]].filter(Boolean).join(", ");
  leaf.className = "leaf";
  leaf.title = what;
  if (row.link && leaf instanceof HTMLAnchorElement) {
    leaf.href = row.link.href;
    leaf.toggleAttribute("data-explain", row.link.hasAttribute("data-explain"));
    leaf.setAttribute("aria-label", `${what}: ${figure.getAttribute("aria-label")}`);
  }
  const [left, share] = [x, width].map((length) => `${(100 * length) / whole}%`);
  Object.assign(leaf.style, { left, top: `${y}px`, width: share, height: `${height}px` });
  const amount = row.texts[0] ?? "";
  const hasRoom = height > 36 && width > amount.length * 8 + 12; // an amount is never cut
  if (height > 18 && width > 40) {
    for (const text of hasRoom ? [row.name, amount] : [row.name]) {
      const line = document.createElement("span");
      line.textContent = text;
      leaf.append(line);
    }
  }
  return leaf;
}

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const figure = target.closest("figure");
    if (figure && target instanceof HTMLElement && target.clientWidth) {
      (figure.dataset.chart === "tree" ? drawTree : drawOverTime)(figure, target);
    }
  }
});

/**
 * Draw the charts of a page, and draw them again whenever they get more or less room.
 *
 * @param {HTMLElement} root
 */
export function drawCharts(root) {
  for (const plot of root.querySelectorAll(".chart .plot")) {
    observer.observe(plot);
  }
}
