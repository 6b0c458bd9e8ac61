import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusPage } from '../../src/report/status.tsx';
import { HOSTILE, hostile, many, NOW } from './fixtures.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const chromium = NAMES.map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()).find(Boolean);
const needed = process.env.REQUIRE_CHROMIUM === '1';
if (!chromium && !needed) process.stderr.write('SKIPPED: the report in a browser: no Chromium on this machine\n');

/** What a browser makes of the page. REQUIRE_CHROMIUM=1: not to be skipped. */
describe.skipIf(!chromium && !needed)('the page of status, in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rad-connect-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await puppeteer.launch({ executablePath: chromium!, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page; what it says on the console or asks the network for is kept. */
  async function open(html: string, look: (page: Page) => Promise<void>, width = 1_200): Promise<string[]> {
    const file = join(folder, `${Math.random()}.html`);
    writeFileSync(file, html);
    const page = await browser.newPage();
    const noise: string[] = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(String(error)));
    page.on('dialog', (dialog) => noise.push(dialog.message()));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) noise.push(request.url());
    });
    await page.setViewport({ width, height: 900 });
    await page.goto(pathToFileURL(file).href);
    await look(page);
    await page.close();
    return noise;
  }

  it('says nothing on the console, and asks for nothing', async () => {
    expect(await open(statusPage(many(), NOW), async () => {})).toEqual([]);
  });

  it('is not moved by names that would do something', async () => {
    const noise = await open(statusPage(hostile(), NOW), async (page) => {
      expect(await page.title()).toBe('EKS audit logs of account 123456789012');
      expect(await page.$$eval('script, img, b:not(.tiles b)', (found) => found.length)).toBe(0);
      const text = await page.$eval('body', (body) => body.textContent ?? '');
      for (const name of HOSTILE) expect(text).toContain(name);
    });
    expect(noise).toEqual([]);
  });

  it.each([1_200, 480])('two hundred clusters stay readable, %i wide', async (width) => {
    await open(
      statusPage(many(), NOW),
      async (page) => {
        expect(await page.$eval('html', (html) => html.scrollWidth - html.clientWidth)).toBeLessThanOrEqual(0);
        // No text of the pictures leaves its box, and no box lies on another.
        const boxes = await page.$$eval('svg.flow', (pictures) =>
          pictures.map((picture) =>
            [...picture.querySelectorAll('g')]
              .filter((part) => part.querySelector(':scope > rect'))
              .map((part) => {
                const { x, y, width, height } = part.querySelector('rect')!.getBBox();
                const right = Math.max(
                  ...[...part.querySelectorAll('text')].map((text) => text.getBBox().x + text.getBBox().width),
                );
                return { x, y, right, end: x + width, bottom: y + height };
              }),
          ),
        );
        expect(boxes.map((picture) => picture.length >= 3)).toEqual(Array(5).fill(true));
        for (const picture of boxes) {
          expect(picture.filter(({ right, end }) => right > end)).toEqual([]);
          const places = picture.map(({ x, y }) => `${x} ${y}`);
          expect(new Set(places).size).toBe(places.length);
        }
        expect(await page.$$eval('tbody tr', (rows) => rows.length)).toBe(200);
      },
      width,
    );
  });

  it('is light or dark as the system is, and readable in both', async () => {
    await open(statusPage(many(), NOW), async (page) => {
      const colours = () =>
        page.$eval('body', (body) => [getComputedStyle(body).backgroundColor, getComputedStyle(body).color]);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
      expect(await colours()).toEqual(['rgb(255, 255, 255)', 'rgb(27, 31, 38)']);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
      expect(await colours()).toEqual(['rgb(20, 23, 28)', 'rgb(231, 234, 240)']);
    });
  });
});
