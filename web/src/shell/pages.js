// The pages, and how each is loaded.

/** The pages with the roles that open each, and whose keys it has. Nobody loads a page that they do not open. */
export const PAGES = /** @type {const} */ ([
  { path: '/work', name: 'nav.work', roles: ['annotator'], keys: 'work', load: () => import('../work/page.jsx') },
  { path: '/reviews', name: 'nav.reviews', roles: ['reviewer'], keys: 'review', load: () => import('../review/page.jsx') },
  { path: '/mine', name: 'nav.mine', roles: ['annotator', 'reviewer'], keys: null, load: () => import('../mine/page.jsx') },
  { path: '/manage', name: 'nav.manage', roles: ['manager'], keys: null, load: () => import('../manage/page.jsx') },
]);

// What the address names is loaded while the server says who is signed in.
PAGES.find(({ path }) => path === location.pathname)?.load().catch(() => {});
