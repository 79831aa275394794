// Compiles KQL with Microsoft's Kusto language service: JSON on standard input, JSON on standard output.
// In:  {"schema": {table: {column: type}}, "texts": [text, ...]}
// Out: [{"diagnostics", "columns", "literals", "mismatches", "properties"}, ...], one for each text.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const PACKAGE = "@kusto/language-service-next";

// The two files define globals (Bridge, System, Kusto); they are no modules that `require` could load.
function loadService() {
  const folder = path.dirname(require.resolve(`${PACKAGE}/package.json`));
  for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
    vm.runInThisContext(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file });
  }
}

function tableSymbols(schema) {
  return Object.entries(schema).map(([table, columns]) => {
    const declared = Object.entries(columns).map(([column, type]) => `['${column}']:${type}`);
    return new Kusto.Language.Symbols.TableSymbol.$ctor7(table, `(${declared.join(", ")})`);
  });
}

function main() {
  loadService();
  const { list } = require("./tree.cjs");
  const { Origins } = require("./origins.cjs");
  const { readFacts } = require("./facts.cjs");
  const { schema, texts } = JSON.parse(fs.readFileSync(0, "utf8"));
  const tables = tableSymbols(schema);
  const published = new Map();
  for (const table of tables) {
    for (const column of list(table.Columns)) published.set(column, `${table.Name}.${column.Name}`);
  }
  const database = new Kusto.Language.Symbols.DatabaseSymbol.ctor("LogAnalytics", tables);
  const globals = Kusto.Language.GlobalState.Default.WithDatabase(database);
  const origins = new Origins(published);
  const answers = texts.map((text) => readFacts(Kusto.Language.KustoCode.ParseAndAnalyze(text, globals), origins));
  process.stdout.write(JSON.stringify(answers));
}

try {
  main();
} catch (error) {
  // Node would print the failing source line, which in a minified file is megabytes long.
  process.stderr.write(`${error && error.message ? error.message : error}\n`);
  process.exitCode = 1;
}
