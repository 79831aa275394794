// Reads the syntax tree of the Kusto language service: lists, kinds, positions, constant values.
"use strict";

function list(bridged) {
  if (!bridged) return [];
  const length = System.Array.getCount(bridged);
  return Array.from({ length }, (_, index) => System.Array.getItem(bridged, index));
}

const kinds = new Map(); // the bridge takes long to name a kind, and every node is asked for its own

function kind(node) {
  const number = node.Kind;
  if (!kinds.has(number)) kinds.set(number, System.Enum.toString(Kusto.Language.Syntax.SyntaxKind, number));
  return kinds.get(number);
}

function children(node) {
  return Array.from({ length: node.ChildCount }, (_, index) => node.GetChild(index)).filter((child) => child);
}

// The body of a called function is a tree of its own that knows where it stands in the tree it was written in.
function offsetOf(tree) {
  return tree && tree.Original ? tree.OffsetInOriginal + offsetOf(tree.Original) : 0;
}

function start(node) {
  return offsetOf(node.Tree) + node.TextStart;
}

// 1-based line and column, as editors count them.
function place(text, position) {
  const before = text.slice(0, position).split("\n");
  return { line: before.length, column: before[before.length - 1].length + 1 };
}

function typeName(expression) {
  return expression.ResultType ? expression.ResultType.Name : "unknown";
}

// Longs and decimals arrive as objects of the bridge.
function plain(value) {
  return value !== null && typeof value === "object" ? Number(value.toString()) : value;
}

// The expressions between the brackets of a call, of `in (...)` or of a JSON array.
function elements(separated) {
  return list(separated).map((entry) => entry.Element);
}

module.exports = { children, elements, kind, list, place, plain, start, typeName };
