#!/usr/bin/env node
// CommonJS: version and help, which scripts ask for often, are answered before Node starts its loader of modules.
const { stdout, argv } = require('node:process');
const { any, 80: narrow } = require('../dist/answers.json');

const words = JSON.stringify(argv.slice(2));
const width = stdout.isTTY ? stdout.columns : 80;
const answer = any[words] ?? (width === 80 ? narrow[words] : undefined);
const program = () => import('../dist/cli.js');

if (answer === undefined) {
  require('node:module').enableCompileCache?.();
  program().then(({ start }) => start());
} else {
  stdout.on('error', (error) => program().then(({ unwritable }) => unwritable(error)));
  stdout.write(answer);
}
