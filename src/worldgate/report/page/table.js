// SPDX-License-Identifier: Apache-2.0
// Tables whose rows live compressed in the page; only the visible ones are elements. pack.py tells the form.
"use strict";

const PART_ROWS = 32768;
const ROW_PX = 26;
const TALLEST_PX = 6e6; // browsers draw no element of any height
const WHOLE_ROWS = 200; // a table of no more rows is in the page as it is, and printed whole
const SPARE_ROWS = 6;
const UNKNOWN = "-";

function bytesOf(id) {
	const text = atob(document.getElementById(id).textContent);
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}

function showNumber(value) {
	if (Number.isNaN(value)) return UNKNOWN;
	if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en");
	return String(Number(value.toPrecision(7)));
}

// What a filter means to a number: a function, or null where it is not understood.
function numberFilter(text) {
	const found = /^(<=|>=|<|>|=)?\s*(-?[\d.]+(?:e[+-]?\d+)?)(?:\s*\.\.\s*(-?[\d.]+(?:e[+-]?\d+)?))?$/i
		.exec(text.replaceAll(",", "").replace(/(\d)\.\.(?=[-\d])/, "$1 .. "));
	if (text === UNKNOWN) return Number.isNaN;
	if (!found) return null;
	const [, sign = "=", first, second] = found;
	const low = Number(first), high = Number(second);
	if (Number.isNaN(low) || (second !== undefined && Number.isNaN(high))) return null;
	if (second !== undefined) return (value) => value >= low && value <= high;
	return {
		"<": (value) => value < low,
		"<=": (value) => value <= low,
		">": (value) => value > low,
		">=": (value) => value >= low,
		"=": (value) => value === low || showNumber(value) === showNumber(low),
	}[sign];
}

class Column {
	constructor(table, place, spec, rows) {
		Object.assign(this, spec);
		this.prefix = `${table}-${place}-`;
		this.rows = rows;
		this.parts = new Map();
	}

	// Of numbers a Float64Array; of text { words, places }.
	part(number) {
		if (!this.parts.has(number)) this.parts.set(number, this.open(number));
		return this.parts.get(number);
	}

	async open(number) {
		const bytes = await inflate(bytesOf(this.prefix + number));
		const rows = Math.min(PART_ROWS, this.rows - number * PART_ROWS);
		if (this.kind === "text") {
			const size = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
			const words = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
			const places = new Uint16Array(rows);
			for (let i = 0, at = 4 + size; i < rows; i++, at += 2) places[i] = bytes[at] | (bytes[at + 1] << 8);
			return { words, places };
		}
		const whole = new Uint8Array(rows * 8);
		for (let plane = 0; plane < 8; plane++)
			for (let i = 0; i < rows; i++) whole[i * 8 + plane] = bytes[plane * rows + i];
		return new Float64Array(whole.buffer);
	}

	get partCount() {
		return Math.ceil(this.rows / PART_ROWS);
	}

	async value(row) {
		const part = await this.part(Math.floor(row / PART_ROWS));
		const place = row % PART_ROWS;
		return this.kind === "text" ? part.words[part.places[place]] : part[place];
	}

	// One number a row that sorts as the column does; unknown is NaN.
	async keys() {
		const keys = new Float64Array(this.rows);
		const parts = [];
		for (let i = 0; i < this.partCount; i++) parts.push(await this.part(i));
		if (this.kind === "number") {
			parts.forEach((part, i) => keys.set(part, i * PART_ROWS));
			return keys;
		}
		const words = [...new Set(parts.flatMap((part) => part.words))].filter((word) => word !== null).sort();
		const ranks = new Map(words.map((word, rank) => [word, rank]));
		parts.forEach((part, i) => {
			const own = part.words.map((word) => (word === null ? NaN : ranks.get(word)));
			part.places.forEach((place, row) => (keys[i * PART_ROWS + row] = own[place]));
		});
		return keys;
	}

	// Clears the mark of every row that the filter leaves out. false: the filter is not understood.
	async filter(text, marks) {
		const wanted = text.toLowerCase();
		const passes = this.kind === "number" ? numberFilter(wanted) : null;
		if (this.kind === "number" && !passes) return false;
		for (let i = 0; i < this.partCount; i++) {
			const part = await this.part(i);
			const base = i * PART_ROWS;
			if (this.kind === "number") {
				for (let row = 0; row < part.length; row++) if (!passes(part[row])) marks[base + row] = 0;
			} else {
				const kept = part.words.map((word) => (word ?? UNKNOWN).toLowerCase().includes(wanted));
				part.places.forEach((place, row) => {
					if (!kept[place]) marks[base + row] = 0;
				});
			}
		}
		return true;
	}
}

class Table {
	constructor(box) {
		const spec = JSON.parse(document.getElementById(box.dataset.table).textContent);
		this.box = box;
		this.caption = spec.caption;
		this.rows = spec.rows;
		this.columns = spec.columns.map((one, i) => new Column(box.dataset.table, i, one, spec.rows));
		this.filters = this.columns.map(() => "");
		this.sorted = { column: -1, down: false };
		this.order = null; // the rows that are shown, in their order; null: all as they are
		this.first = 0;
		this.turn = 0;
		this.build();
	}

	get count() {
		return this.order ? this.order.length : this.rows;
	}

	build() {
		this.scroller = element("div", { className: this.whole ? "rows" : "rows virtual", tabIndex: 0 });
		this.scroller.setAttribute("role", "region");
		this.scroller.setAttribute("aria-label", `${this.caption}; scrolls`);
		const table = element("table");
		table.append(element("caption", { className: "unseen", textContent: this.caption }));
		const heads = element("tr"), filters = element("tr", { className: "filters" });
		this.heads = this.columns.map((column, i) => this.head(column, i));
		heads.append(...this.heads);
		filters.append(...this.columns.map((column, i) => this.filterCell(column, i)));
		const top = element("thead");
		top.append(heads, filters);
		this.body = element("tbody");
		table.append(top, this.body);
		this.table = table;
		this.scroller.append(table);
		this.status = element("p", { className: "status" });
		this.status.setAttribute("role", "status");
		this.box.replaceChildren(this.scroller, this.status);
		this.scroller.addEventListener("scroll", () => this.scrolled());
		this.scroller.addEventListener("keydown", (event) => this.key(event));
		new ResizeObserver(() => this.draw()).observe(this.scroller);
	}

	head(column, place) {
		const cell = element("th", { scope: "col", className: column.kind });
		const button = element("button", { type: "button", textContent: column.head });
		button.addEventListener("click", () => this.sort(place));
		cell.append(button);
		cell.setAttribute("aria-sort", "none");
		return cell;
	}

	filterCell(column, place) {
		const cell = element("td");
		const input = element("input", {
			type: "search",
			size: 6,
			placeholder: column.kind === "number" ? "> 10" : "part of it",
		});
		input.setAttribute("aria-label", `filter ${column.head}`);
		let timer = 0;
		input.addEventListener("input", () => {
			clearTimeout(timer);
			timer = setTimeout(() => this.filter(place, input), 150);
		});
		cell.append(input);
		return cell;
	}

	async filter(place, input) {
		this.filters[place] = input.value.trim();
		const understood = await this.arrange();
		input.setAttribute("aria-invalid", String(!understood[place]));
	}

	async sort(place) {
		const same = this.sorted.column === place;
		this.sorted = same && this.sorted.down ? { column: -1, down: false } : { column: place, down: same };
		this.heads.forEach((head, i) => {
			const way = this.sorted.down ? "descending" : "ascending";
			head.setAttribute("aria-sort", i === this.sorted.column ? way : "none");
		});
		await this.arrange();
	}

	// Filters, then sorts. Equal rows keep their order; unknown comes last, either way.
	async arrange() {
		const turn = ++this.turn;
		this.box.setAttribute("aria-busy", "true");
		const marks = new Uint8Array(this.rows).fill(1);
		const understood = [];
		for (const [i, text] of this.filters.entries())
			understood.push(text === "" || (await this.columns[i].filter(text, marks)));
		const { column, down } = this.sorted;
		const keys = column < 0 ? null : await this.columns[column].keys();
		if (turn !== this.turn) return understood;
		let count = 0;
		const rows = new Uint32Array(this.rows);
		for (let i = 0; i < this.rows; i++) if (marks[i]) rows[count++] = i;
		this.order = rows.subarray(0, count);
		const way = down ? -1 : 1;
		if (keys)
			this.order.sort((a, b) => {
				const x = keys[a], y = keys[b];
				if (x < y) return -way;
				if (x > y) return way;
				return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0);
			});
		await this.goto(0);
		this.box.removeAttribute("aria-busy");
		this.say(understood);
		return understood;
	}

	say(understood) {
		const of = this.count === this.rows ? "" : ` of ${this.rows.toLocaleString("en")}`;
		const { column, down } = this.sorted;
		const by = column < 0 ? "" : `, sorted by ${this.columns[column].head}, ${down ? "descending" : "ascending"}`;
		const wrong = understood.every(Boolean) ? "" : "; a filter of numbers is like > 10, <= 3, 5 or 1 .. 3";
		this.status.textContent = `${this.count.toLocaleString("en")}${of} rows${by}${wrong}`;
	}

	get whole() {
		return this.rows <= WHOLE_ROWS;
	}

	get visible() {
		return Math.max(1, Math.floor((this.scroller.clientHeight - this.table.tHead.offsetHeight) / ROW_PX));
	}

	get tall() {
		return Math.min(this.count * ROW_PX, TALLEST_PX);
	}

	// Pixels of scrolling that stand for all rows which are not visible at first.
	get travel() {
		return Math.max(this.tall - this.visible * ROW_PX, 1);
	}

	get lastFirst() {
		return Math.max(this.count - this.visible, 0);
	}

	scrolled() {
		if (this.whole || this.scroller.scrollTop === this.expected) return;
		this.first = Math.round(Math.min(this.scroller.scrollTop / this.travel, 1) * this.lastFirst);
		this.draw();
	}

	async goto(row) {
		this.first = Math.max(0, Math.min(row, this.lastFirst));
		await this.draw();
		if (this.whole) return;
		this.scroller.scrollTop = this.lastFirst ? (this.first / this.lastFirst) * this.travel : 0;
		this.expected = this.scroller.scrollTop;
		await this.draw();
	}

	key(event) {
		const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: this.visible, PageUp: -this.visible };
		if (this.whole || event.target !== this.scroller) return;
		if (event.key in steps) this.goto(this.first + steps[event.key]);
		else if (event.key === "Home") this.goto(0);
		else if (event.key === "End") this.goto(this.count);
		else return;
		event.preventDefault();
	}

	async draw() {
		const turn = (this.drawTurn = (this.drawTurn ?? 0) + 1);
		const first = this.whole ? 0 : Math.min(this.first, this.lastFirst);
		const wanted = this.whole ? this.count : this.visible + SPARE_ROWS;
		const end = Math.min(first + wanted, this.count);
		const lines = [];
		for (let i = first; i < end; i++) lines.push(await this.line(i));
		if (turn !== this.drawTurn) return;
		const above = this.whole ? 0 : Math.min(this.lastFirst ? (first / this.lastFirst) * this.travel : 0, this.travel);
		const below = this.whole ? 0 : Math.max(this.tall - above - lines.length * ROW_PX, 0);
		this.body.replaceChildren(this.spacer(above), ...lines, this.spacer(below));
		this.table.setAttribute("aria-rowcount", this.count + 2);
		this.heads.forEach((head) => {
			head.style.minWidth = `${head.offsetWidth}px`; // columns do not jump while rows pass
		});
	}

	spacer(height) {
		const row = element("tr", { className: "spacer" });
		row.setAttribute("aria-hidden", "true");
		row.style.height = `${height}px`;
		return row;
	}

	async line(place) {
		const row = this.order ? this.order[place] : place;
		const line = element("tr");
		line.setAttribute("aria-rowindex", place + 3);
		for (const column of this.columns) {
			const value = await column.value(row);
			const cell = element("td", { className: column.kind });
			cell.textContent = column.kind === "number" ? showNumber(value) : value ?? UNKNOWN;
			if (column.kind === "number" && !Number.isInteger(value) && !Number.isNaN(value)) cell.title = String(value);
			if (column.head === "fidelity" && value) cell.replaceChildren(badge(value));
			line.append(cell);
		}
		return line;
	}
}

function element(name, properties) {
	return Object.assign(document.createElement(name), properties);
}

function badge(fidelity) {
	return element("span", { className: `badge ${fidelity}`, textContent: fidelity });
}
