// Walks a compiled text and lists what a reader must judge: faults, columns, literals compared with columns.
"use strict";

const { children, elements, kind, list, place, start, typeName } = require("./tree.cjs");

const NUMBERS = new Set(["int", "long", "real", "decimal"]);
const CHECKED = new Set(["string", "bool", "datetime", "timespan", "guid", ...NUMBERS]);

function family(type) {
  return NUMBERS.has(type) ? "number" : type;
}

// `left OP right` for every operator that compares: == != < <= > >= =~ !~ has contains startswith matches regex ...
// `in` and `has_any` have a list on the right, `between` a couple.
function comparison(node) {
  const name = kind(node);
  if (/^(Not)?(In|InCs|HasAny|HasAll)Expression$/.test(name)) {
    return { left: node.Left, right: elements(node.Right.Expressions), listed: true };
  }
  if (/^(Not)?BetweenExpression$/.test(name)) return { left: node.Left, right: [node.Right.First, node.Right.Second] };
  if (!(node instanceof Kusto.Language.Syntax.BinaryExpression)) return null;
  if (/^(Add|Subtract|Multiply|Divide|Modulo|And|Or)Expression$/.test(name)) return null;
  return { left: node.Left, right: [node.Right] };
}

function within(node, side) {
  return node.Tree === side.Tree && node.TextStart >= side.TextStart && node.End <= side.End;
}

class Reader {
  constructor(code, origins) {
    this.code = code;
    this.origins = origins;
    this.answer = { diagnostics: [], columns: [], literals: [], mismatches: [], properties: [] };
    this.seen = new Set();
  }

  add(room, fact, position) {
    const placed = { ...fact, ...place(this.code.Text, position) };
    const key = `${room} ${JSON.stringify(placed)}`;
    if (this.seen.has(key)) return; // a function body is read once as written and once for each call
    this.seen.add(key);
    this.answer[room].push(placed);
  }

  read() {
    for (const found of list(this.code.GetDiagnostics())) this.addDiagnostic(found, found.Start);
    const result = this.code.ResultType;
    const columns = result && result.Columns ? list(result.Columns) : [];
    this.answer.columns = columns.map((column) => ({ name: column.Name, type: column.Type.Name }));
    this.walk(this.code.Syntax);
    return this.answer;
  }

  addDiagnostic(found, position) {
    this.add("diagnostics", { code: found.Code, severity: found.Severity, message: found.Message }, position);
  }

  walk(node) {
    const compared = comparison(node);
    if (compared) this.compare(node, compared);
    if (kind(node) === "PathExpression" || kind(node) === "ElementExpression") this.addProperties(node);
    if (kind(node) === "FunctionCallExpression") this.enter(node);
    if (kind(node) === "JoinOnClause") this.joinOn(elements(node.Expressions));
    for (const child of children(node)) this.walk(child);
  }

  enter(call) {
    const body = call.GetCalledFunctionBody();
    if (!body) return;
    for (const found of list(call.GetCalledFunctionDiagnostics())) this.addDiagnostic(found, found.Start);
    this.walk(body);
  }

  // `on Code` compares the columns of both sides: cells of a datatable with a published column, for example.
  joinOn(keys) {
    for (const key of keys.filter((one) => kind(one) === "NameReference" && one.ReferencedSymbol)) {
      const sides = list(key.ReferencedSymbol.OriginalColumns).map((column) => this.origins.ofSymbol(column));
      const columns = sides.filter((side) => !side.open).flatMap((side) => side.columns);
      if (!columns.length) continue;
      for (const { value, type, node } of sides.flatMap((side) => (side.open || side.columns.length ? [] : side.values))) {
        this.add("literals", { operator: "==", value, type, columns, derived: [] }, start(node));
      }
    }
  }

  addProperties(node) {
    for (const { column } of this.origins.of(node).columns) {
      if (column.split(".").length > 2) this.add("properties", { path: column }, start(node));
    }
  }

  compare(node, { left, right, listed }) {
    const operator = node.Operator ? node.Operator.Text : kind(node);
    for (const side of right) {
      this.checkTypes(node, operator, left, side, listed);
      this.addLiterals(operator, left, side, this.known(side, listed));
      if (!listed) this.addLiterals(operator, side, left, this.known(left, false));
    }
  }

  // The literals that a side of a comparison can be: itself, a named constant, a list, a column of a datatable.
  known(side, listed) {
    const table = side.ResultType && side.ResultType.Columns && list(side.ResultType.Columns)[0];
    if (table) return this.origins.ofSymbol(table);
    return listed && typeName(side) === "dynamic" ? this.origins.ofItems(side) : this.origins.of(side);
  }

  checkTypes(node, operator, left, side, listed) {
    const values = listed && typeName(side) === "dynamic" ? this.known(side, true).values : [{ type: typeName(side), node: side }];
    for (const { type } of values) {
      const pair = [typeName(left), type];
      const judged = pair.every((one) => CHECKED.has(one)) && pair.includes("string");
      if (judged && family(pair[0]) !== family(pair[1])) {
        this.add("mismatches", { operator, left: pair[0], right: pair[1] }, start(node));
      }
    }
  }

  addLiterals(operator, subject, side, known) {
    if (known.open || known.columns.length) return;
    const { columns, values, open } = this.origins.of(subject);
    if (open || (!columns.length && !values.length)) return;
    const derived = values.map((entry) => entry.value);
    // Against values that the text computes itself, only what stands in the comparison is judged: `Kind != ""`, not
    // every branch of the `case` behind Kind.
    const judged = columns.length ? known.values : known.values.filter(({ node }) => within(node, side));
    for (const { value, type, node } of judged) {
      this.add("literals", { operator, value, type, columns, derived }, start(node));
    }
  }
}

function readFacts(code, origins) {
  return new Reader(code, origins).read();
}

module.exports = { readFacts };
