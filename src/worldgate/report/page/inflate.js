// SPDX-License-Identifier: Apache-2.0
// Opens what zlib has compressed (RFC 1951, no header). The browser's own way is used where it has one.
"use strict";

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
	195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
	3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
function huffman(lengths) {
	const counts = new Uint16Array(16);
	for (const length of lengths) counts[length]++;
	counts[0] = 0;
	const offsets = new Uint16Array(16);
	for (let i = 1; i < 15; i++) offsets[i + 1] = offsets[i] + counts[i];
	const symbols = new Uint16Array(lengths.length);
	lengths.forEach((length, symbol) => {
		if (length) symbols[offsets[length]++] = symbol;
	});
	return { counts, symbols };
}

const FIXED = [
	huffman(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
	huffman(new Array(30).fill(5)),
];

class Inflater {
	constructor(data) {
		this.data = data;
		this.at = 0;
		this.held = 0;
		this.heldBits = 0;
		this.out = new Uint8Array(Math.max(data.length * 4, 1024));
		this.size = 0;
	}

	bits(count) {
		while (this.heldBits < count) {
			if (this.at >= this.data.length) throw new Error("compressed data ends too soon");
			this.held |= this.data[this.at++] << this.heldBits;
			this.heldBits += 8;
		}
		const value = this.held & ((1 << count) - 1);
		this.held >>>= count;
		this.heldBits -= count;
		return value;
	}

	symbol(code) {
		let value = 0, first = 0, index = 0;
		for (let length = 1; length < 16; length++) {
			value |= this.bits(1);
			const count = code.counts[length];
			if (value - count < first) return code.symbols[index + (value - first)];
			index += count;
			first = (first + count) << 1;
			value <<= 1;
		}
		throw new Error("no such code in compressed data");
	}

	room(count) {
		if (this.size + count <= this.out.length) return;
		const larger = new Uint8Array(Math.max(this.out.length * 2, this.size + count));
		larger.set(this.out.subarray(0, this.size));
		this.out = larger;
	}

	stored() {
		this.held = this.heldBits = 0;
		const count = this.data[this.at] | (this.data[this.at + 1] << 8);
		this.at += 4;
		this.room(count);
		this.out.set(this.data.subarray(this.at, this.at + count), this.size);
		this.at += count;
		this.size += count;
	}

	codes() {
		const counts = [this.bits(5) + 257, this.bits(5) + 1];
		const orderCount = this.bits(4) + 4;
		const order = new Array(19).fill(0);
		for (let i = 0; i < orderCount; i++) order[CODE_ORDER[i]] = this.bits(3);
		const code = huffman(order);
		const lengths = [];
		while (lengths.length < counts[0] + counts[1]) {
			const symbol = this.symbol(code);
			if (symbol < 16) lengths.push(symbol);
			else {
				const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
				let repeat = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
				while (repeat--) lengths.push(value);
			}
		}
		return [huffman(lengths.slice(0, counts[0])), huffman(lengths.slice(counts[0]))];
	}

	block([literals, distances]) {
		for (;;) {
			const symbol = this.symbol(literals);
			if (symbol === 256) return;
			if (symbol < 256) {
				this.room(1);
				this.out[this.size++] = symbol;
				continue;
			}
			const length = LENGTHS[symbol - 257] + this.bits(LENGTH_BITS[symbol - 257]);
			const place = this.symbol(distances);
			const from = this.size - DISTANCES[place] - this.bits(DISTANCE_BITS[place]);
			this.room(length);
			for (let i = 0; i < length; i++) this.out[this.size++] = this.out[from + i];
		}
	}

	run() {
		for (let last = 0; !last;) {
			last = this.bits(1);
			const kind = this.bits(2);
			if (kind === 0) this.stored();
			else this.block(kind === 1 ? FIXED : this.codes());
		}
		return this.out.slice(0, this.size);
	}
}

async function inflate(data) {
	if (typeof DecompressionStream === "undefined") return new Inflater(data).run();
	const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}
