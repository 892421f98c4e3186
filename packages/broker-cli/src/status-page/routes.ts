// SPDX-License-Identifier: Apache-2.0
// routes - where the status page is, and what it is fed from

import type { AdminRoute } from '../admin-server.js';
import type { StatusFeed } from './feed.js';
import { makePage, pageOnce, pageReply } from './page.js';

/** The routes. The page itself tells nothing: it asks for the token, where there is one, and shows it for what it is fed. */
export function statusRoutes(feed: StatusFeed): AdminRoute[] {
  const page = pageOnce(makePage);
  return [
    { path: '/', open: true, GET: async () => pageReply(await page()) },
    { path: '/events', GET: async () => feed.reply((await page()).id) },
  ];
}
