// A site and Chromium to look at it.
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { axe } from './axe.mjs';
import { Site as Plain } from '../../e2e/lib/admin.mjs';
import { build, slow } from '../../e2e/lib/home.mjs';

export const looks = [
  { name: 'phone light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'desktop light', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'desktop dark', width: 1280, height: 900, colorScheme: 'dark' },
];

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser']
  .find((file) => fs.existsSync(file));

// One for the whole test file: starting it takes longer than what is tested.
export async function openBrowser() {
  if (!executable) throw new Error('there is no Chromium: make deps');
  return chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
}

export class Site extends Plain {
  // A browser window of this look, with everything it complains of in .complaints.
  async window(browser, { look = looks[2], javaScript = true } = {}) {
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.height },
      colorScheme: look.colorScheme, javaScriptEnabled: javaScript, timezoneId: 'UTC',
      locale: 'en-GB',
    });
    context.setDefaultTimeout(60000 * slow);
    const page = await context.newPage();
    page.complaints = [];
    page.on('console', (message) => page.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    page.on('dialog', (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    return page;
  }

  async login(page, name = 'admin') {
    await page.goto(this.url('/login'));
    await page.fill('input[name=name]', name);
    await page.fill('input[name=password]', this.passwords[name]);
    await Promise.all([page.waitForNavigation(), page.click('main button.primary')]);
    if (page.url().includes('/login')) throw new Error(`not logged in: ${await page.textContent('main')}`);
  }
}

// Of all of the page, or (fullPage: false) of what the window shows.
export async function shot(page, name, { fullPage = true } = {}) {
  const dir = path.join(build, 'screenshots');
  fs.mkdirSync(dir, { recursive: true });
  const file = path.join(dir, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`);
  await page.screenshot({ path: file, fullPage });
  return file;
}

// What axe finds that is serious or worse, as sentences.
export async function barriers(page) {
  return axe(page);
}
